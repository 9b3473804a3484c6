import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyTopology,
  type Connection,
  createConnection,
  type EmbeddedServer,
  startEmbeddedServer,
} from '@nats-bridge/messaging';
import { type BridgeRequest, buildRequestHeaders, decodeBody, encodeBody } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, headers as natsHeaders } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Handlers } from './handler.js';
import { createWorker, type WorkerOptions } from './worker.js';
import type { WorkerEvent } from './worker-event.js';

let server: EmbeddedServer;
let connection: Connection;
let nats: NatsConnection;

beforeAll(async () => {
  server = await startEmbeddedServer({
    storeDir: mkdtempSync(join(tmpdir(), 'nats-bridge-worker-')),
    syncInterval: '2m',
  });
  connection = createConnection({ servers: server.url });
  nats = await connection.get();
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

let scenes = 0;

/** A stream, a consumer and a worker that no other test shares. */
async function scene(
  handlers: Handlers,
  options: Partial<WorkerOptions> & { readonly maxDeliver?: number } = {},
) {
  const name = `S${++scenes}`;
  const operation = Object.keys(handlers)[0] ?? 'authorize';
  const subject = `scene${scenes}.{merchant_id}.${operation}`;
  await applyTopology(connection, {
    streams: [{ name, subjects: [`scene${scenes}.>`] }],
    consumers: [
      {
        stream: name,
        name: `${name}-${operation}`,
        filterSubject: `scene${scenes}.*.${operation}`,
        ackWaitMs: 1_000,
        maxDeliver: options.maxDeliver ?? 5,
      },
    ],
  });
  const events: WorkerEvent[] = [];
  const worker = createWorker({
    servers: server.url,
    handlers,
    streamName: name,
    consumerName: name,
    ackWaitMs: 1_000,
    subjects: { [operation]: subject },
    onEvent: (event) => events.push(event),
    ...options,
  });
  const manager = await jetstreamManager(nats);
  return {
    worker,
    events,
    operation,
    consumer: () => manager.consumers.info(name, `${name}-${operation}`),
    happened: (type: WorkerEvent['type'], times = 1) =>
      vi.waitFor(() => expect(events.filter((event) => event.type === type)).toHaveLength(times), {
        timeout: 10_000,
        interval: 10,
      }),
    /** Publishes a request; its reply comes to an inbox of its own. */
    async send(id: string, changes: { body?: Uint8Array; deadlineAt?: number; contentType?: string } = {}) {
      const replyTo = `replies.${name}.${id}`;
      const reply = nats.subscribe(replyTo, { max: 1 });
      const headers = natsHeaders();
      const values = buildRequestHeaders({
        merchantId: 'm',
        paymentId: 'p',
        idempotencyKey: `${operation}:${id}`,
        testMode: true,
        correlationId: id,
        operation,
        deadlineAt: changes.deadlineAt ?? Date.now() + 10_000,
        contentType: changes.contentType ?? 'application/json',
        replyTo,
      });
      for (const [key, value] of Object.entries(values)) headers.set(key, value);
      const { seq } = await jetstream(nats).publish(
        `scene${scenes}.m.${operation}`,
        changes.body ?? encodeBody(request(id, operation)),
        { headers },
      );
      /** Asked for only by tests that wait for it. */
      const readReply = async () => {
        const { data, headers: received } = (await reply[Symbol.asyncIterator]().next()).value as Msg;
        return decodeBody(data, received?.get('Content-Type'));
      };
      return { seq, reply: readReply };
    },
  };
}

function request(id: string, operation: string): BridgeRequest {
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

describe('a worker', () => {
  it('replies with the correlation id, then acknowledges', async () => {
    const { worker, send, happened, consumer } = await scene({
      authorize: (_, { idempotencyKey }) => ({ status: 'success', transaction_id: idempotencyKey }),
    });
    await worker.start();
    const { reply } = await send('c1');
    expect(await reply()).toEqual({
      status: 'success',
      transaction_id: 'authorize:c1',
      correlation_id: 'c1',
    });
    await happened('answered');
    await vi.waitFor(async () => expect((await consumer()).ack_floor.stream_seq).toBe(1));
    await worker.stop();
  });

  it('hands a crashed request out again, and says which attempt it is', async () => {
    const attempts: number[] = [];
    const { worker, send, happened } = await scene({
      capture: (_, { attempt }) => {
        attempts.push(attempt);
        if (attempt === 1) throw new Error('the processor broke');
        return { status: 'success' };
      },
    });
    await worker.start();
    const { reply } = await send('c1');
    expect(await reply()).toMatchObject({ status: 'success' });
    await happened('handler_failed');
    expect(attempts).toEqual([1, 2]);
    await worker.stop();
  });

  it('never begins a request whose deadline has passed, and never sees it again', async () => {
    const handler = vi.fn(() => ({ status: 'success' as const }));
    const { worker, send, happened, consumer } = await scene({ void: handler });
    await send('c1', { deadlineAt: Date.now() - 1 });
    await worker.start();
    await happened('expired');
    await vi.waitFor(async () => expect((await consumer()).num_ack_pending).toBe(0));
    expect(handler).not.toHaveBeenCalled();
    await worker.stop();
  });

  it('answers what is no request, and lets it go', async () => {
    const { worker, send, happened, consumer } = await scene({ refund: () => ({ status: 'success' }) });
    await worker.start();
    const { reply } = await send('c1', { body: Buffer.from('{"operation":"refund"}') });
    expect(await reply()).toMatchObject({
      status: 'failure',
      error: { code: 'VALIDATION_ERROR' },
      correlation_id: 'c1',
    });
    await happened('malformed');
    await vi.waitFor(async () => expect((await consumer()).num_ack_pending).toBe(0));
    await worker.stop();
  });

  it('keeps a slow request from being delivered twice', async () => {
    const attempts: number[] = [];
    let finish: () => void = () => {};
    const { worker, send, happened } = await scene({
      sync: (_, { attempt }) => {
        attempts.push(attempt);
        return new Promise((resolve) => {
          finish = () => resolve({ status: 'success' });
        });
      },
    });
    await worker.start();
    await send('c1');
    // The consumer's ack wait is one second: by then it would have come again.
    const isOverdue = Date.now() + 2_500;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(isOverdue), { timeout: 5_000, interval: 50 });
    finish();
    await happened('answered');
    expect(attempts).toEqual([1]);
    await worker.stop();
  });

  it('handles at most as many at once as it was told', async () => {
    let running = 0;
    let most = 0;
    const { worker, send, happened } = await scene(
      {
        authorize: async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return { status: 'success' };
        },
      },
      { concurrency: 3 },
    );
    await Promise.all(Array.from({ length: 50 }, (_, index) => send(`c${index}`)));
    await worker.start();
    await happened('answered', 50);
    expect(most).toBe(3);
    await worker.stop();
  });

  it('finishes what it began and gives back the rest when it stops', async () => {
    const finish: (() => void)[] = [];
    const { worker, send, events, consumer } = await scene(
      { authorize: () => new Promise((resolve) => finish.push(() => resolve({ status: 'success' }))) },
      { concurrency: 2 },
    );
    await Promise.all(Array.from({ length: 10 }, (_, index) => send(`c${index}`)));
    await worker.start();
    await vi.waitFor(() => expect(finish).toHaveLength(2));
    const stopped = worker.stop();
    for (const end of finish) end();
    await stopped;
    expect(events.filter(({ type }) => type === 'answered')).toHaveLength(2);
    await vi.waitFor(async () => {
      const { ack_floor, num_ack_pending, num_pending } = await consumer();
      expect([ack_floor.consumer_seq > 0, num_ack_pending + num_pending]).toEqual([true, 8]);
    });
  });

  it('speaks MessagePack to who asks for it', async () => {
    const { worker, send } = await scene({ tokenize: () => ({ status: 'success', token: 't' }) });
    await worker.start();
    const replied = nats.subscribe(`replies.S${scenes}.c1`, { max: 1 });
    await send('c1', {
      contentType: 'application/msgpack',
      body: encodeBody(request('c1', 'tokenize'), 'application/msgpack'),
    });
    const message = (await replied[Symbol.asyncIterator]().next()).value;
    expect(message?.headers?.get('Content-Type')).toBe('application/msgpack');
    expect(message?.data[0]).not.toBe('{'.charCodeAt(0));
    await worker.stop();
  });

  it('shows itself as a micro service', async () => {
    const { worker, send, happened } = await scene(
      { authorize: () => ({ status: 'success' }) },
      { name: 'my-worker', version: '1.2.3' },
    );
    await worker.start();
    await send('c1');
    await happened('answered');
    const ask = async (verb: string) =>
      (await nats.request(`$SRV.${verb}.my-worker`)).json<Record<string, unknown>>();
    expect(await ask('PING')).toMatchObject({
      type: 'io.nats.micro.v1.ping_response',
      name: 'my-worker',
      version: '1.2.3',
    });
    expect(await ask('INFO')).toMatchObject({
      metadata: { operations: 'authorize', capacity: '64', mode: 'jetstream' },
      endpoints: [{ name: 'authorize' }],
    });
    expect(await ask('STATS')).toMatchObject({
      endpoints: [{ name: 'authorize', num_requests: 1, num_errors: 0 }],
    });
    await worker.stop();
    await expect(ask('PING')).rejects.toThrow();
  });

  it('answers plain requests in core mode, as one of a queue group', async () => {
    const options = {
      jetstream: false,
      servers: server.url,
      consumerName: 'core',
      subjects: { authorize: 'core.{merchant_id}.authorize' },
    };
    const workers = ['a', 'b'].map((id) =>
      createWorker({
        ...options,
        handlers: { authorize: () => ({ status: 'success', transaction_id: id }) },
      }),
    );
    await Promise.all(workers.map((worker) => worker.start()));
    const reply = await nats.request('core.m.authorize', encodeBody(request('c9', 'authorize')));
    expect(reply.json()).toMatchObject({ status: 'success', correlation_id: 'c9' });
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('answers webhooks, and says so when it cannot handle one', async () => {
    const worker = createWorker({
      servers: server.url,
      handlers: { parse_webhook: () => ({ status: 'success' }) },
    });
    await worker.start();
    const ask = async (operation: string) =>
      (await nats.request('hyperswitch.webhooks.m.stripe', encodeBody(request('c1', operation)))).json();
    expect(await ask('parse_webhook')).toMatchObject({ status: 'success' });
    expect(await ask('handle_webhook')).toMatchObject({
      status: 'failure',
      error: { code: 'NOT_SUPPORTED' },
    });
    await worker.stop();
  });

  it('cannot be made without handlers, or for operations that do not exist', () => {
    expect(() => createWorker({ handlers: {} })).toThrow('at least one handler');
    expect(() => createWorker({ handlers: { authorize: vi.fn(), pay: vi.fn() } as Handlers })).toThrow(
      'no operation is called pay',
    );
  });
});
