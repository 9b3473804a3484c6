/** The streams and consumers that a bridge makes for itself, made once for each configuration. */
import { SimBridge } from '../actors/sim-bridge.js';
import { Broker } from '../broker/broker.js';
import type { ConsumerConfig } from '../broker/pull-consumer.js';
import type { StreamConfig } from '../broker/stream.js';
import { beginVirtualTime } from '../time/virtual-time.js';
import { World } from '../world.js';
import { configOf, type Plan } from './plan.js';

export type Topology = {
  readonly streams: readonly StreamConfig[];
  readonly consumers: readonly { readonly stream: string; readonly config: ConsumerConfig }[];
};

const known = new Map<string, Topology>();

/** In a world of its own, so that a seed tells the same story whether it comes first or last. */
export async function topologyFor(plan: Plan): Promise<Topology> {
  const id = JSON.stringify([configOf(plan), plan.version]);
  const made = known.get(id) ?? (await make(plan));
  known.set(id, made);
  return made;
}

async function make(plan: Plan): Promise<Topology> {
  const world = new World(0, false);
  const endVirtualTime = beginVirtualTime(world.scheduler);
  try {
    const broker = new Broker(world, { archiveMs: 0, replicasMs: 0 }, () => {});
    const { actor, bridge } = new SimBridge(world, broker, 'maker', configOf(plan), {
      version: plan.version,
      looksAtStreams: true,
    });
    let failure: unknown;
    let isReady = false;
    world.scheduler.in(0, actor, () => {
      bridge.prepare().then(
        () => {
          isReady = true;
        },
        (error: unknown) => {
          failure = error;
          isReady = true;
        },
      );
    });
    await world.scheduler.run(() => isReady);
    if (failure !== undefined) throw failure;
    return {
      streams: [...broker.streams.values()].map(({ config }) => config),
      consumers: [...broker.consumers.values()].map(({ stream, config }) => ({
        stream: stream.config.name,
        config,
      })),
    };
  } finally {
    endVirtualTime();
  }
}
