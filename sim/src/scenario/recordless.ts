/** How workers that keep no records come and go beside those that do, and one kind takes the place of the other. */
import type { Wish } from './callers.js';
import type { RecordlessPlan } from './plan.js';
import type { Stage } from './stage.js';

/** Within this time all workers take their turns; a visit lasts so long at most. */
const TURN_MS = 2_000;
const VISIT_MS = 3_000;
/** How long the others are away before it comes, and once it is gone, at most. */
const ALONE_MS = 1_500;

/** @param wishes that are asked for again while nobody else is there */
export function planRecordless(
  stage: Stage,
  { turn, visits }: RecordlessPlan,
  wishes: readonly Wish[],
): void {
  const { world, plan, director } = stage;
  const { random, scheduler } = world;
  if (turn !== 'none') {
    const at = plan.stormMs * random.between(0.2, 0.8);
    scheduler.in(at, director, () => takeTurns(stage, turn === 'to recordless' ? 1 : 0));
  }
  for (let visit = 0; visit < visits; visit++)
    scheduler.in(random.between(0, plan.stormMs), director, () => beginVisit(stage, wishes));
}

/** Comes for a while and goes; as often as not while the others are cut off, so that what waits for them is its. */
function beginVisit(stage: Stage, wishes: readonly Wish[]): void {
  const { world, director, workers } = stage;
  const { random, scheduler } = world;
  world.count('worker without records: visits');
  let comesIn = 0;
  const stays = random.between(50, VISIT_MS);
  if (random.chance(0.5)) {
    comesIn = random.between(0, ALONE_MS);
    const aloneMs = comesIn + stays + random.between(0, ALONE_MS);
    world.trace(director, () => `all workers lose their links for ${Math.round(aloneMs)} ms`);
    for (const { connection, actor } of workers) {
      connection.cut();
      scheduler.in(aloneMs, director, () => actor.isAlive && connection.heal());
    }
    const wish = random.pick(wishes);
    scheduler.in(random.between(0, comesIn), director, () => {
      if (stage.bridges.length > 0) stage.callers.call(random.pick(stage.bridges), wish);
    });
  }
  scheduler.in(comesIn, director, () => {
    const worker = stage.addWorker('recordless');
    scheduler.in(stays, director, () => stage.killWorker(worker));
  });
}

/** Each worker goes at a time of its own, a little before or after the other is there. */
function takeTurns(stage: Stage, share: number): void {
  const { world, director } = stage;
  const { random, scheduler } = world;
  world.count('worker without records: one kind replaces the other');
  world.trace(director, () => `all workers ${share === 1 ? 'keep no records' : 'keep records'} from now on`);
  stage.recordlessShare = share;
  for (const worker of stage.workers) {
    const at = random.between(0, TURN_MS);
    scheduler.in(at, director, () => stage.killWorker(worker));
    scheduler.in(Math.max(0, at + random.between(-500, 500)), director, () => stage.addWorker());
  }
}
