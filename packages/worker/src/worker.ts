/** A worker: subscribes to the operations it has handlers for, answers them, and leaves in good order. */
import { randomUUID } from 'node:crypto';
import {
  type Connection,
  consumePull,
  createBodyReferences,
  createConnection,
  type PullReader,
} from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  defaultSubjectTemplate,
  isOperation,
  type Operation,
  operationRow,
  presenceSubject,
  subjectPattern,
  WEBHOOK_PATTERN,
} from '@nats-bridge/protocol';
import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import { createEndOfTurn } from './end-of-turn.js';
import { handlePlain } from './handle-plain.js';
import { handleStored } from './handle-stored.js';
import type { Handlers } from './handler.js';
import { type MicroService, startMicroService } from './micro-service.js';
import type { WorkerEvent } from './worker-event.js';

export type WorkerOptions = {
  /** Default `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[];
  /** A connection to share; the worker then leaves it open. */
  readonly connection?: Connection;
  /** How it shows itself, to the server and as a micro service. Default `nats-bridge-worker`. */
  readonly name?: string;
  /** Semantic version. Default `0.0.0`. */
  readonly version?: string;
  readonly handlers: Handlers;
  /** Requests handled at once, per operation. Default 64. */
  readonly concurrency?: number;
  /** false: plain queue subscriptions (`jetstream_enabled = false`). Default true. */
  readonly jetstream?: boolean;
  /** Default `PAYMENTS` (specification). */
  readonly streamName?: string;
  /** Durable consumers are `{consumerName}-{operation}`. Default `hyperswitch-consumer` (specification). */
  readonly consumerName?: string;
  /** As in `[nats_bridge.subjects]`. */
  readonly subjects?: Partial<Record<Operation, string>>;
  /** The consumers' ack wait in milliseconds. Default 30 000 (specification). */
  readonly ackWaitMs?: number;
  readonly onEvent?: (event: WorkerEvent) => void;
};

export type Worker = {
  /** Connects and begins to take requests. @throws NotConnectedError when no server answers */
  start(): Promise<void>;
  /** Takes nothing new, gives back what was not begun, finishes what was, then disconnects. Idempotent. */
  stop(): Promise<void>;
  /** Starts, and stops in good order at SIGTERM or SIGINT. */
  runUntilSignal(): Promise<void>;
};

export function createWorker(options: WorkerOptions): Worker {
  const operations = Object.keys(options.handlers).filter(isOperation);
  if (operations.length === 0)
    throw new TypeError(
      'a worker needs at least one handler, under the name of an operation such as "authorize"',
    );
  const unknown = Object.keys(options.handlers).filter((name) => !isOperation(name));
  if (unknown.length > 0)
    throw new TypeError(`no operation is called ${unknown.join(', ')}; see docs/contract.md`);

  const isJetStream = options.jetstream ?? true;
  const concurrency = options.concurrency ?? 64;
  const consumerName = options.consumerName ?? 'hyperswitch-consumer';
  const name = options.name ?? 'nats-bridge-worker';
  const connection =
    options.connection ??
    createConnection({ servers: options.servers ?? 'nats://127.0.0.1:4222', name, maxReconnects: -1 });
  const bodies = createBodyReferences(connection, { bucket: BODY_BUCKET });
  const presence: Subscription[] = [];
  const plain: Subscription[] = [];
  const readers: PullReader[] = [];
  const endOfTurn = createEndOfTurn();
  const handling = new Set<Promise<void>>();
  let micro: MicroService | undefined;
  let stopping: Promise<void> | undefined;

  function report(event: WorkerEvent): void {
    if (event.type === 'answered') micro?.record(event.operation, event.ms);
    if (event.type === 'handler_failed')
      micro?.record(event.operation, 0, String((event.error as Error)?.message));
    options.onEvent?.(event);
  }

  async function start(): Promise<void> {
    const nats = await connection.get();
    const streamed = operations.filter((operation) => operationRow(operation).channel === 'payments');
    if (streamed.length < operations.length) subscribePlain(nats, WEBHOOK_PATTERN);
    for (const operation of streamed) {
      if (isJetStream) readers.push(readConsumer(operation));
      else subscribePlain(nats, patternOf(operation));
    }
    micro = startMicroService(nats, {
      name: name.replaceAll(/[^A-Za-z0-9_-]/g, '-'),
      id: randomUUID(),
      version: options.version ?? '0.0.0',
      description: `NATS Bridge worker for ${operations.join(', ')}`,
      metadata: {
        operations: operations.join(','),
        capacity: String(concurrency),
        mode: isJetStream ? 'jetstream' : 'core',
      },
      endpoints: operations.map((operation) => ({
        name: operation,
        subject: patternOf(operation),
        queue: consumerName,
      })),
    });
    // Last: from now on the bridge sends.
    for (const operation of streamed)
      presence.push(
        nats.subscribe(presenceSubject(operation), { callback: (_, message) => void message.respond() }),
      );
    await nats.flush();
    report({ type: 'started', operations, mode: isJetStream ? 'jetstream' : 'core' });
  }

  function readConsumer(operation: Operation): PullReader {
    return consumePull(connection, {
      stream: options.streamName ?? 'PAYMENTS',
      consumer: `${consumerName}-${operation}`,
      maxInFlight: concurrency,
      onMessage: (message) =>
        handleStored(connection, message, {
          handlers: options.handlers,
          bodies,
          ackWaitMs: options.ackWaitMs ?? 30_000,
          report,
          endOfTurn,
        }),
      onError: (error, consumer) => report({ type: 'consumer_unavailable', consumer, error }),
    });
  }

  function subscribePlain(nats: NatsConnection, subject: string): void {
    const callback = (error: Error | null, message: Parameters<typeof handlePlain>[0]) => {
      if (error !== null) return report({ type: 'consumer_unavailable', consumer: subject, error });
      const work = handlePlain(message, options.handlers, report)
        .catch((cause: unknown) => report({ type: 'consumer_unavailable', consumer: subject, error: cause }))
        .finally(() => handling.delete(work));
      handling.add(work);
    };
    plain.push(nats.subscribe(subject, { queue: consumerName, callback }));
  }

  function patternOf(operation: Operation): string {
    if (operationRow(operation).channel === 'webhooks') return WEBHOOK_PATTERN;
    return subjectPattern(options.subjects?.[operation] ?? defaultSubjectTemplate(operation));
  }

  async function drain(): Promise<void> {
    report({ type: 'draining' });
    for (const subscription of presence) subscription.unsubscribe();
    await Promise.all([
      ...readers.map((reader) => reader.drain()),
      ...plain.map((subscription) => subscription.drain()),
    ]);
    await Promise.all(handling);
    micro?.stop();
    await connection.current?.flush();
    if (options.connection === undefined) await connection.close();
    report({ type: 'stopped' });
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
        process.once('SIGTERM', resolve);
        process.once('SIGINT', resolve);
      });
      await worker.stop();
    },
  };
  return worker;
}
