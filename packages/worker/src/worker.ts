/** A worker: subscribes to the operations it has handlers for, answers them, and leaves in good order. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { createLogging, type LevelSettings, type LineStyle } from '@nats-bridge/logging';
import {
  type Connection,
  consumePull,
  createBodyReferences,
  createRecordStore,
  createRecordWriter,
  PermissionDeniedError,
  type PullReader,
  type RecordStore,
  readHeaders,
} from '@nats-bridge/messaging';
import {
  aliveSubject,
  BODY_BUCKET,
  defaultSubjectTemplate,
  guardedSubject,
  isOperation,
  type Operation,
  operationRow,
  poolConsumer,
  poolTemplate,
  RECORD_STREAM,
  type SubjectTemplate,
  subjectPattern,
  webhookPattern,
} from '@nats-bridge/protocol';
import { createTracing, type TracingOptions } from '@nats-bridge/tracing';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { assertPrioritiesKnown, balanceOf } from './balance.js';
import { connectWorker, type WorkerAccess } from './connect-worker.js';
import { failureOf } from './failure-of.js';
import { handlePlain, refusePlain } from './handle-plain.js';
import { type HandleStoredOptions, handleStored } from './handle-stored.js';
import type { Handlers } from './handler.js';
import { ackWaitOf, createHeartbeat, type Heartbeat } from './heartbeat.js';
import { createLimit, type Limit } from './limit.js';
import { idsInHeaders } from './logging/delivery-ids.js';
import { eventLine } from './logging/event-line.js';
import { type MetricsDoor, type MetricsServer, serveMetrics } from './metrics/serve-metrics.js';
import { watchHandlers } from './metrics/watched-handlers.js';
import { createWorkerMetrics } from './metrics/worker-metrics.js';
import { type MicroService, startMicroService } from './micro-service.js';
import { type Scope, scopeOf, webhookScope } from './scope.js';
import { createSealing, NO_SEALING, type SealingOptions } from './sealing.js';
import { type SigningOptions, signWithdrawals, withSigning } from './signing.js';
import { createUnreadableConsumers } from './unreadable-consumers.js';
import type { WorkerEvent } from './worker-event.js';

export type WorkerOptions = WorkerAccess & {
  /** A connection to share; the worker then leaves it open. */
  readonly connection?: Connection;
  /** How it shows itself, to the server and as a micro service. Default `nats-bridge-worker`. */
  readonly name?: string;
  /** Semantic version. Default `0.0.0`. */
  readonly version?: string;
  readonly handlers: Handlers;
  /** Requests handled at once, per operation. Default 64. */
  readonly concurrency?: number;
  /**
   * Its share against the other workers: one of weight 3 is given three times as many requests as one of weight 1,
   * while both have room. Requests for messages kept open per operation, 1 to 16 and at most `concurrency`. For every
   * worker of an operation or for none. Default: none, one to three requests as its load has it.
   */
  readonly weight?: number;
  /**
   * 0 (default) comes first, to 9. A worker of a higher number is a backup: it is given a request only where no worker
   * of a lower one is there with room for it. Above 0 it needs `nats_bridge.jetstream.backup_workers`.
   */
  readonly priority?: number;
  /** false: plain queue subscriptions (`jetstream_enabled = false`). Default true. */
  readonly jetstream?: boolean;
  /** Keys with which requests are opened and replies sealed. Default: none, everything travels in clear. */
  readonly sealing?: SealingOptions;
  /** Keys with which it is seen who sent a request, and replies are signed. Default: none, whoever can publish is believed. */
  readonly signing?: SigningOptions;
  /** Default `PAYMENTS` (specification). */
  readonly streamName?: string;
  /** Durable consumers are `{consumerName}-{operation}`. Default `hyperswitch-consumer` (specification). */
  readonly consumerName?: string;
  /** Takes the requests of the merchants in this pool of `[nats_bridge.pools]`. Default: all that no pool has. */
  readonly pool?: string;
  /** As in `[nats_bridge.subjects]`. */
  readonly subjects?: Partial<Record<Operation, string>>;
  /**
   * Takes the consumers' ack wait to be no longer than this, in milliseconds. Default: what each consumer says
   * itself; only to be set for a worker that may not ask.
   */
  readonly ackWaitMs?: number;
  /** How long a stop waits for running handlers, in milliseconds. Default 25 000: below Kubernetes' 30 s. */
  readonly drainTimeoutMs?: number;
  readonly onEvent?: (event: WorkerEvent) => void;
  /** Serves `/metrics` for Prometheus at this port; left out, nothing is served and `metrics()` still tells. */
  readonly metrics?: MetricsDoor;
  /**
   * Logs what it reports over NATS, where `nats-bridge logs` finds it, and with `lines` on standard error. Left out:
   * nothing is logged, and `onEvent` still tells.
   */
  readonly logging?: WorkerLogging;
  /** Exports spans of what it handles; left out, nothing is traced. `serviceName` is its name unless told otherwise. */
  readonly tracing?: Pick<TracingOptions, 'endpoint' | 'sampleRatio'> & { readonly serviceName?: string };
};

export type WorkerLogging = Pick<LevelSettings, 'level'> & {
  /** false: nothing is published. Default true. */
  readonly nats?: boolean;
  /** What is written to standard error: `json`, `readable`, `none`. Default `none`. */
  readonly lines?: LineStyle;
};

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

/** Core requests that wait for a free place, for each one that runs; more are refused. */
const WAITING_PER_RUNNING = 16;
/** Between tries to reach a server; a worker that has stopped is not kept alive by it. */
const sleep = (ms: number) => sleepFor(ms, undefined, { ref: false });

export function createWorker(options: WorkerOptions): Worker {
  return composeWorker(options, (records) => records);
}

/** @param keeperOf what stands between the worker and its records: a test takes a guard off, or a process down, there */
export function composeWorker(
  options: WorkerOptions,
  keeperOf: (records: RecordStore) => RecordStore,
): Worker {
  const operations = Object.keys(options.handlers ?? {}).filter(isOperation);
  if (operations.length === 0)
    throw new TypeError(
      'a worker needs at least one handler, under the name of an operation such as "authorize"',
    );
  const unknown = Object.keys(options.handlers).filter((name) => !isOperation(name));
  if (unknown.length > 0)
    throw new TypeError(`no operation is called ${unknown.join(', ')}; see docs/contract.md`);

  const isJetStream = options.jetstream ?? true;
  const balance = balanceOf(options, isJetStream);
  const { concurrency, weight, priority } = balance;
  const { pool } = options;
  const consumerName = poolConsumer(options.consumerName ?? 'hyperswitch-consumer', pool);
  const name = options.name ?? 'nats-bridge-worker';
  const id = randomUUID();
  const connection = options.connection ?? connectWorker({ ...options, name });
  const sealing = withSigning(
    options.sealing === undefined ? NO_SEALING : createSealing(options.sealing),
    options.signing,
  );
  const bodies = createBodyReferences(connection, { bucket: BODY_BUCKET });
  const writer = createRecordWriter(connection);
  const store = createRecordStore(connection, {
    stream: RECORD_STREAM,
    writer,
    // Credentials of a worker open the records of its merchants and operations, and no others.
    readFrom: connection.jetstreamOptions.domain === undefined ? 'leader' : 'nearest',
  });
  const records = keeperOf(signWithdrawals(store, sealing));
  const presence: Subscription[] = [];
  const plain: Subscription[] = [];
  const readers: PullReader[] = [];
  const limits: Limit[] = [];
  const heartbeats: Heartbeat[] = [];
  const unreadable = createUnreadableConsumers();
  const abandoned = new AbortController();
  const { logging: wanted } = options;
  const logging = wanted && createLogging({ ...wanted, name });
  logging?.connect(connection);
  const { handlers, inFlight } = watchHandlers(options.handlers, (run) => metrics.ran(run));
  const metrics = createWorkerMetrics({
    connection,
    operations,
    concurrency,
    inFlight,
    logStats: () => logging?.stats(),
  });
  const tracing =
    options.tracing &&
    createTracing({
      ...options.tracing,
      serviceName: options.tracing.serviceName ?? name,
      onError: (error) => report({ type: 'traces_not_exported', error }),
    });
  let metricsServer: MetricsServer | undefined;
  let micro: MicroService | undefined;
  let refusal: PermissionDeniedError | undefined;
  let stopping: Promise<void> | undefined;

  function requestsInHand(): number {
    let requests = 0;
    for (const { inFlight } of readers) requests += inFlight;
    for (const { size } of limits) requests += size;
    return requests;
  }

  function report(event: WorkerEvent): void {
    metrics.reported(event);
    logging?.log(eventLine(event));
    if (event.type === 'answered') micro?.record(event.operation, event.ms);
    if (event.type === 'handler_failed')
      // Whoever may ask a service how it is hears this: the kind of an error, whose message may hold anything.
      micro?.record(event.operation, 0, failureOf(event.error));
    try {
      options.onEvent?.(event);
    } catch (error) {
      // It belongs to who wrote the listener, and must not come between an answer and its acknowledgement.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  function reportUnreadable(consumer: string, error: unknown): void {
    metrics.consumerFailed();
    if (unreadable.failed(consumer, error)) report({ type: 'consumer_unavailable', consumer, pool, error });
  }

  async function start(): Promise<void> {
    if (options.metrics !== undefined) metricsServer ??= await serveMetrics(options.metrics, metrics);
    const nats = await connection.get();
    assertPrioritiesKnown(balance, nats.info?.version ?? '');
    const streamed = operations.filter((operation) => operationRow(operation).channel === 'payments');
    if (streamed.length < operations.length)
      subscribePlain(nats, webhookPattern(pool), webhookScope, webhookPattern(pool));
    for (const operation of streamed) {
      if (isJetStream) readers.push(readConsumer(nats, operation));
      else
        subscribePlain(
          nats,
          patternOf(operation),
          scopeOf(operation, templateOf(operation)),
          templateOf(operation),
        );
    }
    micro = startMicroService(nats, {
      name: name.replaceAll(/[^A-Za-z0-9_-]/g, '-'),
      id,
      version: options.version ?? '0.0.0',
      description: `NATS Bridge worker for ${operations.join(', ')}`,
      metadata: {
        operations: operations.join(','),
        capacity: String(concurrency),
        ...(weight !== undefined && { weight: String(weight) }),
        priority: String(priority),
        mode: isJetStream ? 'jetstream' : 'core',
        encodings: 'application/json,application/msgpack',
      },
      endpoints: operations.map((operation) => ({
        name: operation,
        subject: patternOf(operation),
        queue: consumerName,
        data: () => ({ in_flight: inFlight(operation) }),
      })),
    });
    // Last: from now on the bridge sends.
    if (priority === 0) for (const operation of streamed) sayThere(nats, operation);
    await nats.flush(); // what the server denies, it has denied by then
    if (refusal !== undefined) {
      await worker.stop();
      throw refusal;
    }
    if (metricsServer !== undefined) report({ type: 'metrics_served', url: metricsServer.url });
    report({ type: 'started', operations, mode: isJetStream ? 'jetstream' : 'core' });
  }

  /** What it was denied while it starts ends it; later, when permissions have changed, it is told. */
  function presenceDenied(cause: Error, subject: string): void {
    refusal ??= new PermissionDeniedError('subscription', subject, { cause });
    reportUnreadable(subject, refusal);
  }

  function sayThere(nats: NatsConnection, operation: Operation): void {
    const subject = isJetStream ? guardedSubject(operation, pool) : aliveSubject(operation, pool);
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) message.respond();
      else presenceDenied(error, subject);
    };
    presence.push(nats.subscribe(subject, { callback }));
  }

  function readConsumer(nats: NatsConnection, operation: Operation): PullReader {
    const stream = options.streamName ?? 'PAYMENTS';
    const consumer = `${consumerName}-${operation}`;
    const unavailable = (error: unknown) => reportUnreadable(consumer, error);
    const ackWaitMs = ackWaitOf(connection, { stream, consumer }, options.ackWaitMs);
    const heartbeat = createHeartbeat(ackWaitMs);
    heartbeats.push(heartbeat);
    const handling: HandleStoredOptions = {
      operation,
      scope: scopeOf(operation, templateOf(operation)),
      tracing: tracing && { tracing, destination: templateOf(operation), consumer },
      handlers,
      way: { connection, bodies, sealing },
      // A redelivery comes no sooner than the ack wait after the last beat: the lease is over by then.
      guard: { records, now: Date.now, sleep, worker: id, leaseMs: ackWaitMs },
      heartbeat,
      report,
      stepBack: (inMs) => reader.stepBack(inMs),
      abandoned: abandoned.signal,
    };
    const reader = consumePull(connection, {
      stream,
      consumer,
      maxInFlight: concurrency,
      weight,
      priority,
      onMessage: (message) => handleStored(message, handling),
      onError: unavailable,
      onRead: () => unreadable.read(consumer),
    });
    // A consumer without priorities gives a backup nothing: then it is not there.
    if (priority > 0) reader.found.then(() => stopping ?? sayThere(nats, operation)).catch(unavailable);
    return reader;
  }

  function subscribePlain(nats: NatsConnection, subject: string, scope: Scope, destination: string): void {
    const limit = createLimit(concurrency, concurrency * WAITING_PER_RUNNING);
    limits.push(limit);
    const unavailable = (error: unknown) => reportUnreadable(subject, error);
    const handling = {
      handlers,
      scope,
      tracing: tracing && { tracing, destination },
      bodies,
      sealing,
      maxPayload: nats.info?.max_payload,
      report,
      abandoned: abandoned.signal,
    };
    const callback = (error: Error | null, message: Msg) => {
      if (error !== null) return unavailable(error);
      unreadable.read(subject);
      if (limit.offer(() => handlePlain(message, handling).catch(unavailable))) return;
      const why = { code: 'OVERLOADED', message: 'This worker has too many requests in hand' };
      // Who asks was not looked at: that would cost most of what refusing is to save.
      refusePlain(message, why, sealing, 'stranger');
      report({ type: 'overloaded', subject: message.subject, ids: idsInHeaders(readHeaders(message)) });
    };
    // The server draws among subscriptions, so that each is as good as a worker.
    for (let index = 0; index < (weight ?? 1); index++)
      plain.push(nats.subscribe(subject, { queue: consumerName, callback }));
  }

  function patternOf(operation: Operation): string {
    if (operationRow(operation).channel === 'webhooks') return webhookPattern(pool);
    return subjectPattern(templateOf(operation));
  }

  function templateOf(operation: Operation): SubjectTemplate {
    return poolTemplate(options.subjects?.[operation] ?? defaultSubjectTemplate(operation), pool);
  }

  async function drain(): Promise<void> {
    report({ type: 'draining' });
    for (const subscription of presence) subscription.unsubscribe();
    if (!(await finishes(options.drainTimeoutMs ?? 25_000))) {
      abandoned.abort();
      report({ type: 'abandoned', requests: requestsInHand() });
    }
    for (const heartbeat of heartbeats) heartbeat.stop();
    micro?.stop();
    writer.close();
    if (options.connection === undefined) await connection.close();
    else await connection.current?.flush();
    await metricsServer?.close();
    metrics.close();
    await tracing?.close();
    report({ type: 'stopped' });
    await logging?.close();
  }

  /** Takes nothing new and finishes what was begun; false when that takes too long. */
  async function finishes(withinMs: number): Promise<boolean> {
    const finished = Promise.all([
      ...readers.map((reader) => reader.drain()),
      ...plain.map((subscription) => subscription.drain()),
    ]).then(() => Promise.all(limits.map((limit) => limit.idle())));
    let timer: NodeJS.Timeout | undefined;
    const isLate = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, withinMs, false);
    });
    try {
      return await Promise.race([finished.then(() => true), isLate]);
    } finally {
      clearTimeout(timer);
    }
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
    metrics: () => metrics.text(),
  };
  return worker;
}
