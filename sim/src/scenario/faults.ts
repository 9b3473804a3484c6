/** What goes wrong in a seed besides the weather: processes die, stand still, lose their link or their time. */
import type { Stage } from './stage.js';

type Fault = (stage: Stage) => void;

/** Every kind, by the name it is counted under. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'bridge dies': (stage) => {
    const { bridges, world, director } = stage;
    if (bridges.length === 0) return;
    stage.killBridge(world.random.pick(bridges));
    world.scheduler.in(world.random.between(20, 3_000), director, () => stage.addBridge());
  },
  'worker dies': (stage) => {
    const { workers, world, director } = stage;
    if (workers.length === 0) return;
    stage.killWorker(world.random.pick(workers));
    world.scheduler.in(world.random.between(20, 6_000), director, () => stage.addWorker());
  },
  'all workers die': (stage) => {
    const { workers, world, director } = stage;
    const back = world.random.between(500, 8_000);
    for (const worker of workers) {
      stage.killWorker(worker);
      world.scheduler.in(back, director, () => stage.addWorker());
    }
  },
  'process stands still': (stage) => {
    const { world, plan } = stage;
    const { actor } = anyProcess(stage) ?? {};
    if (actor === undefined) return;
    const ms = world.random.between(100, 2.5 * plan.ackWaitMs);
    world.trace(actor, () => `stands still for ${Math.round(ms)} ms`);
    actor.standStill(world.scheduler.now, ms);
  },
  'link cut': (stage) => {
    const { world, director } = stage;
    const process = anyProcess(stage);
    if (process === undefined) return;
    const ms = world.random.between(50, 6_000);
    world.trace(process.actor, () => `loses its link for ${Math.round(ms)} ms`);
    process.connection.cut();
    world.scheduler.in(ms, director, () => process.connection.heal());
  },
  'broker restarts': (stage) => {
    const { world, director, bridges, workers, broker } = stage;
    const ms = world.random.between(200, 4_000);
    world.trace(broker.actor, () => `is away for ${Math.round(ms)} ms`);
    const all = [...bridges, ...workers];
    for (const { connection } of all) connection.cut();
    world.scheduler.in(ms, director, () => {
      for (const { connection, actor } of all) if (actor.isAlive) connection.heal();
    });
  },
  'broker has no leader': ({ world, broker }) => {
    const ms = world.random.between(100, 4_000);
    world.trace(broker.actor, () => `stores nothing for ${Math.round(ms)} ms`);
    broker.refusesUntil = world.scheduler.now + ms;
  },
  'clock jumps': (stage) => {
    const { world, plan } = stage;
    const { actor } = anyProcess(stage) ?? {};
    if (actor === undefined) return;
    // What the lease can bear: see docs/simulation.md.
    const most = plan.ackWaitMs / 4;
    actor.clockOffsetMs = world.random.between(-most, most);
    world.trace(actor, () => `has its clock off by ${Math.round(actor.clockOffsetMs)} ms`);
  },
};

export function planFaults(stage: Stage): void {
  const { world, plan, director } = stage;
  const names = Object.keys(FAULTS);
  for (let fault = 0; fault < plan.faults; fault++) {
    const name = world.random.pick(names);
    world.scheduler.in(world.random.between(0, plan.stormMs), director, () => {
      world.count(`fault: ${name}`);
      FAULTS[name]?.(stage);
    });
  }
}

function anyProcess({ world, bridges, workers }: Stage) {
  const all = [...bridges, ...workers];
  return all.length === 0 ? undefined : world.random.pick(all);
}
