/** Takes one operation's requests from its durable consumer; each is handled under its record. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { consumePull, type RecordStore } from '@nats-bridge/messaging';
import type { Operation } from '@nats-bridge/protocol';
import { type HandleStoredOptions, handleStored } from './handle-stored.js';
import { ackWaitOf, createHeartbeat } from './heartbeat.js';
import type { ReaderWorld, RequestReader } from './request-reader.js';
import type { RequestSource } from './request-source.js';

export type ConsumerWorld = ReaderWorld & {
  readonly stream: string;
  /** Takes the ack wait to be no longer; undefined: as the consumer says. */
  readonly ackWaitMs: number | undefined;
  readonly records: RecordStore;
  /** Names the worker in the records. */
  readonly worker: string;
};

/** Between tries to reach a server; a worker that has stopped is not kept alive by it. */
const sleep = (ms: number) => sleepFor(ms, undefined, { ref: false });

/** @param onFound called once its consumer has been there for the first time, and may be read */
export function readConsumer(
  operation: Operation,
  { scope, destination }: RequestSource,
  world: ConsumerWorld,
  onFound: () => void,
): RequestReader {
  const { connection, bodies, sealing, telemetry, stream, records, worker } = world;
  const consumer = `${world.consumerName}-${operation}`;
  const unavailable = (error: unknown) => telemetry.cannotRead(consumer, error);
  const ackWaitMs = ackWaitOf(connection, { stream, consumer }, world.ackWaitMs);
  const heartbeat = createHeartbeat(ackWaitMs);
  const { handlers, tracing, report } = telemetry;
  const handling: HandleStoredOptions = {
    operation,
    scope,
    tracing: tracing && { tracing, destination, consumer },
    handlers,
    way: { connection, bodies, sealing },
    // A redelivery comes no sooner than the ack wait after the last beat: the lease is over by then.
    guard: { records, now: Date.now, sleep, worker, leaseMs: ackWaitMs },
    heartbeat,
    report,
    stepBack: (inMs) => reader.stepBack(inMs),
    abandoned: world.abandoned,
  };
  const reader = consumePull(connection, {
    stream,
    consumer,
    maxInFlight: world.concurrency,
    weight: world.weight,
    priority: world.priority,
    onMessage: (message) => handleStored(message, handling),
    onError: unavailable,
    onRead: () => telemetry.canRead(consumer),
  });
  reader.found.then(onFound).catch(unavailable);
  return {
    get inHand() {
      return reader.inFlight;
    },
    drain: () => reader.drain(),
    letGo: () => heartbeat.stop(),
  };
}
