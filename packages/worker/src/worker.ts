/** A worker: subscribes to the operations it has handlers for, answers them, and leaves in good order. */
import { randomUUID } from 'node:crypto';
import {
  createBodyReferences,
  createRecordStore,
  createRecordWriter,
  type RecordStore,
} from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  type Operation,
  operationRow,
  poolConsumer,
  RECORD_STREAM,
} from '@nats-bridge/protocol';
import type { NatsConnection } from '@nats-io/nats-core';
import { assertPrioritiesKnown, balanceOf } from './balance.js';
import { connectWorker } from './connect-worker.js';
import { operationsOf } from './handler.js';
import { createPresence } from './presence.js';
import { type ConsumerWorld, readConsumer } from './requests/read-consumer.js';
import { drainAll, type RequestReader } from './requests/request-reader.js';
import { sourceOf } from './requests/request-source.js';
import { subscribePlain } from './requests/subscribe-plain.js';
import { createSealing, NO_SEALING } from './sealing/sealing.js';
import { signWithdrawals, withSigning } from './sealing/signing.js';
import { describeWorker } from './telemetry/describe-worker.js';
import { createTelemetry } from './telemetry/telemetry.js';
import type { WorkerOptions } from './worker-options.js';

export type Worker = {
  /**
   * Connects and begins to take requests.
   *
   * @throws NotConnectedError when no server answers; PermissionDeniedError where its credentials may not say that it is
   * there for one of its operations
   */
  start(): Promise<void>;
  /** Takes nothing new, gives back what was not begun, finishes what was, then disconnects. Idempotent. */
  stop(): Promise<void>;
  /** Starts, and stops in good order at SIGTERM, SIGINT or SIGHUP, that of a terminal which is closed. */
  runUntilSignal(): Promise<void>;
  /** Its metrics in Prometheus's text format, for a program that serves them itself. */
  metrics(): Promise<string>;
};

/** Below the 30 s that Kubernetes gives. */
const DRAIN_TIMEOUT_MS = 25_000;

export function createWorker(options: WorkerOptions): Worker {
  return composeWorker(options, (records) => records);
}

/** @param keeperOf what stands between the worker and its records: a test takes a guard off, or a process down, there */
export function composeWorker(
  options: WorkerOptions,
  keeperOf: (records: RecordStore) => RecordStore,
): Worker {
  const { pool, jetstream: isJetStream = true, name = 'nats-bridge-worker' } = options;
  const operations = operationsOf(options.handlers);
  const streamed = operations.filter((operation) => operationRow(operation).channel === 'payments');
  const webhook = operations.find((operation) => operationRow(operation).channel === 'webhooks');
  const balance = balanceOf(options, isJetStream);
  const consumerName = poolConsumer(options.consumerName ?? 'hyperswitch-consumer', pool);
  const id = randomUUID();

  const connection = options.connection ?? connectWorker({ ...options, name });
  const sealing = withSigning(
    options.sealing === undefined ? NO_SEALING : createSealing(options.sealing),
    options.signing,
  );
  const writer = createRecordWriter(connection);
  const records = createRecordStore(connection, {
    stream: RECORD_STREAM,
    writer,
    // Credentials of a worker open the records of its merchants and operations, and no others.
    readFrom: connection.jetstreamOptions.domain === undefined ? 'leader' : 'nearest',
  });
  const telemetry = createTelemetry(options, {
    connection,
    name,
    operations,
    concurrency: balance.concurrency,
    describe: (inFlight) =>
      describeWorker(options, { id, name, operations, balance, isJetStream, consumerName, inFlight }),
  });
  const { report } = telemetry;
  const presence = createPresence({ isGuarded: isJetStream, pool, onDenied: telemetry.cannotRead });
  const abandoned = new AbortController();
  const world: ConsumerWorld = {
    ...balance,
    connection,
    bodies: createBodyReferences(connection, { bucket: BODY_BUCKET }),
    sealing,
    telemetry,
    consumerName,
    abandoned: abandoned.signal,
    stream: options.streamName ?? 'PAYMENTS',
    ackWaitMs: options.ackWaitMs,
    records: keeperOf(signWithdrawals(records, sealing)),
    worker: id,
  };
  const readers: RequestReader[] = [];
  let stopping: Promise<void> | undefined;

  async function start(): Promise<void> {
    const metricsServer = await telemetry.serveMetrics();
    const nats = await connection.get();
    assertPrioritiesKnown(balance, nats.info?.version ?? '');
    if (webhook !== undefined) readers.push(subscribePlain(nats, sourceOf(webhook, options), world));
    for (const operation of streamed) readers.push(read(nats, operation));
    telemetry.service.start(nats);
    // Last: from now on the bridge sends.
    if (balance.priority === 0) for (const operation of streamed) presence.begin(nats, operation);
    await nats.flush(); // what the server denies, it has denied by then
    if (presence.refusal !== undefined) {
      await worker.stop();
      throw presence.refusal;
    }
    if (metricsServer !== undefined) report({ type: 'metrics_served', url: metricsServer.url });
    report({ type: 'started', operations, mode: isJetStream ? 'jetstream' : 'core' });
  }

  function read(nats: NatsConnection, operation: Operation): RequestReader {
    const source = sourceOf(operation, options);
    if (!isJetStream) return subscribePlain(nats, source, world);
    return readConsumer(operation, source, world, () => {
      // A consumer without priorities gives a backup nothing: then it is not there.
      if (balance.priority > 0) presence.begin(nats, operation);
    });
  }

  async function drain(): Promise<void> {
    report({ type: 'draining' });
    presence.end();
    if (!(await drainAll(readers, options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS))) {
      abandoned.abort();
      report({ type: 'abandoned', requests: readers.reduce((sum, { inHand }) => sum + inHand, 0) });
    }
    for (const reader of readers) reader.letGo();
    telemetry.service.stop();
    writer.close();
    if (options.connection === undefined) await connection.close();
    else await connection.current?.flush();
    await telemetry.close();
  }

  const worker: Worker = {
    start,
    stop() {
      stopping ??= drain();
      return stopping;
    },
    async runUntilSignal() {
      await start();
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, resolve);
      });
      await worker.stop();
    },
    metrics: () => telemetry.metrics(),
  };
  return worker;
}
