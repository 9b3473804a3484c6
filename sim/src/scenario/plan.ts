/** What a seed is about: how many take part, what is asked, what the product is told, which faults may come. */
import type { BridgeConfigInput } from '@nats-bridge/connector';
import { Random } from '../time/random.js';
import type { Weather } from '../world.js';

export type Plan = {
  readonly bridges: number;
  readonly workers: number;
  readonly operations: number;
  /** How long requests are made and faults happen, in milliseconds. */
  readonly stormMs: number;
  readonly ackWaitMs: number;
  readonly maxDeliver: number;
  readonly timeoutMs: number;
  readonly duplicateWindowMs: number;
  readonly archiveLagMs: number;
  /** How long a message is on its way to the replicas of a cluster, at most; 0: a server alone. */
  readonly replicasLagMs: number;
  /** Of the server: whether messages can have a time to live, among other things. */
  readonly version: string;
  readonly weather: Weather;
  /** Faults of processes and of the broker that are planned, one after the other. */
  readonly faults: number;
  readonly processorLoss: number;
  readonly handlerFails: number;
  readonly slowHandlers: number;
  /** Undefined where all workers keep records. */
  readonly recordless: RecordlessPlan | undefined;
};

/** Of workers that keep no records, among those that do. */
export type RecordlessPlan = {
  /** Chance that a worker that starts is one. */
  readonly share: number;
  /** In the middle of the storm one kind takes the place of the other. */
  readonly turn: 'to recordless' | 'to guarded' | 'none';
  /** How many come for a while and go. */
  readonly visits: number;
};

/** Of the seeds. */
const WITH_RECORDLESS = 0.25;

export function planOf(seed: number, random: Random): Plan {
  // A third of the seeds have fair weather, so that single faults show by themselves.
  const isRough = random.chance(0.67);
  const some = (most: number) => (isRough && random.chance(0.5) ? random.next() * most : 0);
  return {
    bridges: random.int(1, 3),
    workers: random.int(1, 3),
    operations: random.int(1, 3),
    stormMs: random.int(3_000, 10_000),
    ackWaitMs: random.pick([1_500, 2_500, 4_000]),
    maxDeliver: random.int(2, 5),
    timeoutMs: random.pick([1_500, 3_000, 6_000]),
    duplicateWindowMs: random.pick([2_000, 10_000, 120_000]),
    archiveLagMs: random.pick([5, 500, 4_000]),
    replicasLagMs: random.pick([0, 0, 5, 400]),
    version: random.pick(['2.10.22', '2.12.1']),
    weather: {
      drop: some(0.05),
      duplicate: some(0.05),
      reorder: some(0.05),
      slow: some(0.1),
      slowMs: random.pick([50, 1_000, 6_000]),
    },
    faults: random.int(0, 6),
    processorLoss: random.chance(0.3) ? random.next() * 0.2 : 0,
    handlerFails: random.chance(0.3) ? random.next() * 0.3 : 0,
    slowHandlers: random.chance(0.4) ? random.next() : 0,
    recordless: recordlessPlanOf(new Random(~seed)),
  };
}

/** @param random of its own: all other seeds tell the story that they told before there were such workers */
function recordlessPlanOf(random: Random): RecordlessPlan | undefined {
  if (!random.chance(WITH_RECORDLESS)) return undefined;
  const turn = random.pick(['to recordless', 'to guarded', 'none'] as const);
  return {
    share: turn === 'none' ? random.pick([0, 0.3, 0.6, 1]) : turn === 'to guarded' ? 1 : 0,
    turn,
    visits: turn === 'none' ? random.int(1, 4) : random.int(0, 1),
  };
}

export function configOf(plan: Plan): BridgeConfigInput {
  return {
    request_timeout_ms: plan.timeoutMs,
    jetstream: {
      ack_wait: plan.ackWaitMs,
      max_deliver: plan.maxDeliver,
      duplicate_window: `${plan.duplicateWindowMs}ms`,
      num_replicas: 1,
    },
  };
}
