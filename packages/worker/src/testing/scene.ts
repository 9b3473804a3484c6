/** A real server for one test file, and for each test a stream, a consumer and a worker that no other shares. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyTopology,
  type Connection,
  createConnection,
  startEmbeddedServer,
} from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  type BridgeRequest,
  buildRequestHeaders,
  decodeBody,
  encodeBody,
  RECORD_PATTERN,
  RECORD_STREAM,
  stateOf,
} from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, headers as natsHeaders } from '@nats-io/nats-core';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { Handlers } from '../handler.js';
import { createWorker } from '../worker.js';
import type { WorkerEvent } from '../worker-event.js';
import type { WorkerOptions } from '../worker-options.js';

export type Broker = {
  readonly url: string;
  readonly connection: Connection;
  readonly nats: NatsConnection;
};

export async function startBroker(): Promise<Broker & { close(): Promise<void> }> {
  const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-worker-'));
  const server = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
  const connection = createConnection({ servers: server.url });
  return {
    url: server.url,
    connection,
    nats: await connection.get(),
    async close() {
      await connection.close();
      await server.stop();
      rmSync(storeDir, { recursive: true, force: true });
    },
  };
}

/** For all tests of a file or a suite, in which it is called; nothing can be read from it before they begin. */
export function brokerForFile(): Broker {
  let broker: Awaited<ReturnType<typeof startBroker>>;
  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker.close());
  return {
    get url() {
      return broker.url;
    },
    get connection() {
      return broker.connection;
    },
    get nats() {
      return broker.nats;
    },
  };
}

let scenes = 0;

export type SceneOptions = Partial<WorkerOptions> & {
  readonly maxDeliver?: number;
  /** The consumer's. Default 1 000. */
  readonly consumerAckWaitMs?: number;
};

type Sent = {
  readonly body?: Uint8Array;
  readonly deadlineAt?: number;
  readonly contentType?: string;
  readonly replyTo?: string;
  readonly retry?: number;
};

export async function createScene(broker: Broker, handlers: Handlers, options: SceneOptions = {}) {
  const { connection, nats } = broker;
  const root = `scene${++scenes}`;
  const name = `S${scenes}`;
  const operation = Object.keys(handlers)[0] ?? 'authorize';
  await applyTopology(connection, {
    streams: [
      { name, subjects: [`${root}.>`] },
      { name: RECORD_STREAM, subjects: [RECORD_PATTERN], allowDirect: true },
    ],
    buckets: [{ name: BODY_BUCKET, kind: 'object' }],
    consumers: [
      {
        stream: name,
        name: `${name}-${operation}`,
        filterSubject: `${root}.*.${operation}`,
        ackWaitMs: options.consumerAckWaitMs ?? 1_000,
        maxDeliver: options.maxDeliver ?? 5,
      },
    ],
  });
  const events: WorkerEvent[] = [];
  const worker = createWorker({
    servers: broker.url,
    handlers,
    streamName: name,
    consumerName: name,
    subjects: { [operation]: `${root}.{merchant_id}.${operation}` },
    onEvent: (event) => events.push(event),
    ...options,
  });
  const manager = await jetstreamManager(nats);
  return {
    worker,
    events,
    /** Where replies go unless a test says otherwise. */
    replySubject: (id: string) => `replies.${name}.${id}`,
    consumer: () => manager.consumers.info(name, `${name}-${operation}`),
    happened: (type: WorkerEvent['type'], times = 1) =>
      vi.waitFor(() => expect(events.filter((event) => event.type === type)).toHaveLength(times), {
        timeout: 10_000,
        interval: 10,
      }),
    /** Publishes a request; its reply comes to an inbox of its own. */
    async send(id: string, sent: Sent = {}) {
      const replyTo = sent.replyTo ?? `replies.${name}.${id}`;
      const reply = nats.subscribe(replyTo)[Symbol.asyncIterator]();
      const headers = natsHeaders();
      const values = buildRequestHeaders({
        merchantId: 'm',
        paymentId: 'p',
        idempotencyKey: `${operation}:${id}`,
        testMode: true,
        correlationId: id,
        operation,
        deadlineAt: sent.deadlineAt ?? Date.now() + 10_000,
        contentType: sent.contentType ?? 'application/json',
        replyTo,
        retry: sent.retry,
      });
      for (const [key, value] of Object.entries(values)) headers.set(key, value);
      const { seq } = await jetstream(nats).publish(
        `${root}.m.${operation}`,
        sent.body ?? encodeBody(requestOf(id, operation)),
        { headers },
      );
      const readMessage = async () => {
        for (;;) {
          const message = (await reply.next()).value as Msg;
          if (stateOf({ 'X-Record': message.headers?.get('X-Record') ?? '' }) === 'answered') return message;
        }
      };
      return {
        seq,
        /** Asked for only by tests that wait for it. */
        message: readMessage,
        reply: async () => {
          const { data, headers: received } = await readMessage();
          return decodeBody(data, received?.get('Content-Type'));
        },
      };
    },
  };
}

export function requestOf(id: string, operation: string): BridgeRequest {
  return {
    operation: operation as BridgeRequest['operation'],
    merchant_id: 'm',
    payment_id: 'p',
    router_data: {
      merchant_id: 'm',
      payment_id: 'p',
      attempt_id: id,
      connector: 'c',
      connector_auth_type: { auth_type: 'NoKey' },
      request: {},
      test_mode: true,
    },
    metadata: {},
    correlation_id: id,
    timestamp: 1,
  };
}
