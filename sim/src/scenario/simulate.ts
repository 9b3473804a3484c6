/** One seed from its beginning to its judgement. */
import { checkPromises, type Violation } from '../check/promises.js';
import { Watch } from '../check/watch.js';
import { beginVirtualTime } from '../time/virtual-time.js';
import { World } from '../world.js';
import { type Wish, wishOf, withOtherContent } from './callers.js';
import { planFaults } from './faults.js';
import { SIMULATED_OPERATIONS } from './handlers.js';
import { planOf } from './plan.js';
import { planRecordless } from './recordless.js';
import { Stage } from './stage.js';
import { topologyFor } from './topology.js';

export type SeedResult = {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly counts: ReadonlyMap<string, number>;
  readonly steps: number;
  readonly simulatedMs: number;
  /** Only when it was asked for. */
  readonly trace: readonly string[];
};

/** After the storm everything must have come to rest within this time. */
const REST_MS = 600_000;

export async function simulate(
  seed: number,
  options: { readonly trace?: boolean } = {},
): Promise<SeedResult> {
  const world = new World(seed, options.trace ?? false);
  const plan = planOf(seed, world.random);
  const topology = await topologyFor(plan);
  const endVirtualTime = beginVirtualTime(world.scheduler);
  try {
    world.trace('plan', () => JSON.stringify(plan));
    const watch = new Watch(world);
    const stage = new Stage(world, plan, topology, (stream, message) => watch.onStored(stream, message));
    watchEffects(stage, watch);
    const violations = await play(stage, watch);
    const { steps, elapsedMs } = world.scheduler;
    return {
      seed,
      violations,
      counts: world.counts,
      steps,
      simulatedMs: elapsedMs,
      trace: world.lines ?? [],
    };
  } finally {
    endVirtualTime();
  }
}

async function play(stage: Stage, watch: Watch): Promise<readonly Violation[]> {
  const { world, plan, callers } = stage;
  await setUp(stage);
  stage.beginStorm();
  planFaults(stage);
  const wishes = Array.from({ length: plan.operations }, (_, index) => wishOf(world, index + 1));
  for (const wish of wishes) planCalls(stage, wish);
  if (plan.recordless !== undefined) planRecordless(stage, plan.recordless, wishes);
  await passTime(stage, plan.stormMs);
  stage.endStorm();
  if (!(await rest(stage))) return [{ promise: 'P1', what: 'does not come to rest' }];
  if (world.random.chance(0.5)) await doubtsEnd(stage, watch, wishes);
  // Who asks again, long after, hears the same.
  world.trace('director', () => 'everything is quiet: each key is repeated once');
  for (const wish of wishes) callers.call(world.random.pick(stage.bridges), wish);
  if (!(await rest(stage))) return [{ promise: 'P1', what: 'does not come to rest' }];
  await doubtsEnd(stage, watch, wishes);
  return checkPromises(stage, watch);
}

/** In fair weather: bridges and workers start. */
async function setUp(stage: Stage): Promise<void> {
  for (let count = 0; count < stage.plan.bridges; count++) stage.addBridge();
  for (let count = 0; count < stage.plan.workers; count++) stage.addWorker();
  await passTime(stage, 50);
}

async function passTime({ world: { scheduler }, director }: Stage, ms: number): Promise<void> {
  let isOver = false;
  scheduler.in(ms, director, () => {
    isOver = true;
  });
  await scheduler.run(() => isOver);
}

function planCalls(stage: Stage, wish: Wish): void {
  const { world, plan, callers, director } = stage;
  const { random, scheduler } = world;
  const at = (ms: number, asked: Wish, cancelAfterMs?: number) =>
    scheduler.in(ms, director, () => {
      // With no bridge there is nobody to ask: the call was never accepted.
      if (stage.bridges.length > 0) callers.call(random.pick(stage.bridges), asked, cancelAfterMs);
    });
  const firstAt = random.between(0, plan.stormMs * 0.7);
  at(firstAt, wish, random.chance(0.1) ? random.between(1, plan.timeoutMs) : undefined);
  const repeats = random.pick([0, 0, 1, 1, 2, 3]);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const isConcurrent = random.chance(0.5);
    const laterMs = random.between(0, isConcurrent ? 100 : 2 * plan.timeoutMs);
    const isOther = random.chance(0.15);
    world.count(
      isOther ? 'call: same key, other content' : `call: ${isConcurrent ? 'concurrent' : 'later'} repeat`,
    );
    at(firstAt + laterMs, isOther ? withOtherContent(wish) : wish);
  }
}

/** @returns whether everybody was answered and nothing is left to be done */
async function rest(stage: Stage): Promise<boolean> {
  const { world, callers } = stage;
  const { scheduler } = world;
  const end = scheduler.now + REST_MS;
  const isQuiet = () =>
    !callers.isWaiting && SIMULATED_OPERATIONS.every((operation) => stage.consumerOf(operation).isIdle);
  while (scheduler.now < end) {
    await passTime(stage, 1_000);
    if (!isQuiet()) continue;
    // Records that are still being written.
    await passTime(stage, 6_000);
    if (isQuiet()) return true;
  }
  return false;
}

/** What nobody will answer any more, bridges find out once every delivery of it is over. */
async function doubtsEnd(stage: Stage, watch: Watch, wishes: readonly Wish[]): Promise<void> {
  const { scheduler } = stage.world;
  const end = scheduler.now + REST_MS;
  while (scheduler.now < end && wishes.some(({ key }) => watch.isOpen(key, stage.broker)))
    await passTime(stage, 1_000);
}

function watchEffects(stage: Stage, watch: Watch): void {
  const seen = new Map<string, boolean>();
  stage.processor.onEntry = (entry) => {
    for (const { actor } of stage.workers) seen.set(actor.name, actor.isOutOfTime);
    watch.effects.onEntry(entry, (name) => seen.get(name) ?? false);
  };
}
