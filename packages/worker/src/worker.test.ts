import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedServer } from '@nats-bridge/messaging';
import { encodeBody } from '@nats-bridge/protocol';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { describe, expect, it, vi } from 'vitest';
import type { Handlers } from './handler.js';
import { eventLine } from './logging/event-line.js';
import {
  brokerForFile,
  createScene,
  requestOf as request,
  type SceneOptions,
  startBroker,
} from './testing/scene.js';
import { createWorker } from './worker.js';

const broker = brokerForFile();

const scene = (handlers: Handlers, options?: SceneOptions) => createScene(broker, handlers, options);

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
    const earlier: (number | undefined)[] = [];
    const begunAt = Date.now();
    const { worker, send, happened } = await scene({
      capture: (_, { attempt, earlierAt }) => {
        attempts.push(attempt);
        earlier.push(earlierAt);
        if (attempt === 1) throw new Error('the processor broke');
        return { status: 'success' };
      },
    });
    await worker.start();
    const { reply } = await send('c1');
    expect(await reply()).toMatchObject({ status: 'success' });
    await happened('handler_failed');
    expect(attempts).toEqual([1, 2]);
    expect(earlier).toEqual([undefined, expect.closeTo(begunAt, -4)]);
    await worker.stop();
  });

  it('tells once why its consumers cannot be read, and what to do, however often it tries', async () => {
    const { worker, events } = await scene(
      { authorize: () => ({ status: 'success' }), capture: () => ({ status: 'success' }) },
      { pool: 'nope' },
    );
    await worker.start();
    const failures = async () =>
      Number(/^nats_bridge_worker_consumer_errors_total (\d+)/m.exec(await worker.metrics())?.[1]);
    await vi.waitFor(async () => expect(await failures()).toBeGreaterThan(6), { timeout: 10_000 });
    const told = events.filter(({ type }) => type === 'consumer_unavailable');
    expect(told.map((event) => eventLine(event))).toEqual([
      expect.objectContaining({
        level: 'warn',
        code: 'ConsumerNotFoundError',
        message: expect.stringMatching(/nope-\w+ cannot be read.*\[nats_bridge\.pools\.nope\]/),
      }),
    ]);
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
    const sent = await send('c1', {
      contentType: 'application/msgpack',
      body: encodeBody(request('c1', 'tokenize'), 'application/msgpack'),
    });
    const message = await sent.message();
    expect(message.headers?.get('Content-Type')).toBe('application/msgpack');
    expect(message.data[0]).not.toBe('{'.charCodeAt(0));
    await worker.stop();
  });

  it('shows itself as a micro service', async () => {
    const { worker, send, happened } = await scene(
      { authorize: () => ({ status: 'success' }) },
      { name: 'my-worker', version: '1.2.3', weight: 3 },
    );
    await worker.start();
    await send('c1');
    await happened('answered');
    const ask = async (verb: string) =>
      (await broker.nats.request(`$SRV.${verb}.my-worker`)).json<Record<string, unknown>>();
    expect(await ask('PING')).toMatchObject({
      type: 'io.nats.micro.v1.ping_response',
      name: 'my-worker',
      version: '1.2.3',
    });
    expect(await ask('INFO')).toMatchObject({
      metadata: {
        operations: 'authorize',
        capacity: '64',
        weight: '3',
        priority: '0',
        mode: 'jetstream',
        encodings: 'application/json,application/msgpack',
      },
      endpoints: [{ name: 'authorize' }],
    });
    expect(await ask('STATS')).toMatchObject({
      endpoints: [{ name: 'authorize', num_requests: 1, num_errors: 0 }],
    });
    await worker.stop();
    await expect(ask('PING')).rejects.toThrow();
  });

  it('waits for a handler that never ends only so long, and lets somebody else have its request', async () => {
    const signals: AbortSignal[] = [];
    const { worker, send, events, consumer } = await scene(
      {
        authorize: (_, { signal }) => {
          signals.push(signal);
          return new Promise(() => {});
        },
      },
      { drainTimeoutMs: 100 },
    );
    await worker.start();
    await send('c1');
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    await worker.stop();
    expect(signals[0]?.aborted).toBe(true);
    expect(events.slice(-2)).toEqual([{ type: 'abandoned', requests: 1 }, { type: 'stopped' }]);
    expect((await consumer()).num_ack_pending).toBe(1);
  });

  it('stops while no server is there', async () => {
    const lost = await startBroker();
    const { worker } = await createScene(lost, { authorize: () => ({ status: 'success' }) });
    await worker.start();
    await lost.close();
    await worker.stop();
  });

  it('acknowledges what a listener broke at', async () => {
    const broken: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => broken.push(error));
    try {
      const { worker, send, consumer } = await scene(
        { authorize: () => ({ status: 'success' }) },
        {
          onEvent: ({ type }) => {
            if (type === 'answered') throw new Error('no disk for the log');
          },
        },
      );
      await worker.start();
      await send('c1');
      await vi.waitFor(async () => expect((await consumer()).ack_floor.stream_seq).toBe(1));
      await vi.waitFor(() => expect(broken).toEqual([new Error('no disk for the log')]));
      await worker.stop();
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('answers plain requests in core mode, as one of a queue group', async () => {
    const options = {
      jetstream: false,
      servers: broker.url,
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
    const reply = await broker.nats.request('core.m.authorize', encodeBody(request('c9', 'authorize')));
    expect(reply.json()).toMatchObject({ status: 'success', correlation_id: 'c9' });
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('runs only so many plain requests at once, lets some wait and refuses the rest', async () => {
    const finish: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const worker = createWorker({
      servers: broker.url,
      jetstream: false,
      concurrency: 2,
      consumerName: 'bounded',
      subjects: { capture: 'bounded.{merchant_id}.capture' },
      handlers: {
        capture: async () => {
          most = Math.max(most, ++running);
          await new Promise<void>((resolve) => finish.push(resolve));
          running--;
          return { status: 'success' };
        },
      },
    });
    await worker.start();
    const answers = Array.from({ length: 40 }, async (_, index) =>
      (
        await broker.nats.request('bounded.m.capture', encodeBody(request(`c${index}`, 'capture')), {
          timeout: 10_000,
        })
      ).json<{ status: string; error?: { code: string } }>(),
    );
    const all = Promise.all(answers);
    let done = false;
    void all.finally(() => {
      done = true;
    });
    await vi.waitFor(
      () => {
        for (const end of finish.splice(0)) end();
        expect(done).toBe(true);
      },
      { timeout: 10_000, interval: 5 },
    );
    const refused = (await all).filter(({ error }) => error?.code === 'OVERLOADED');
    expect([most, refused.length]).toEqual([2, 40 - 2 - 2 * 16]);
    await worker.stop();
  });

  it('never begins a plain request whose deadline has passed', async () => {
    const handler = vi.fn(() => ({ status: 'success' as const }));
    const expired: string[] = [];
    const worker = createWorker({
      servers: broker.url,
      jetstream: false,
      consumerName: 'late',
      subjects: { void: 'late.{merchant_id}.void' },
      handlers: { void: handler },
      onEvent: (event) => event.type === 'expired' && expired.push(event.subject),
    });
    await worker.start();
    const headers = natsHeaders();
    headers.set('X-Deadline', String(Date.now() - 1));
    broker.nats.publish('late.m.void', encodeBody(request('c1', 'void')), { headers, reply: 'nobody' });
    await vi.waitFor(() => expect(expired).toEqual(['late.m.void']));
    expect(handler).not.toHaveBeenCalled();
    await worker.stop();
  });

  it('answers webhooks, and says so when it cannot handle one', async () => {
    const worker = createWorker({
      servers: broker.url,
      handlers: { parse_webhook: () => ({ status: 'success' }) },
    });
    await worker.start();
    const ask = async (operation: string) =>
      (
        await broker.nats.request('hyperswitch.webhooks.m.stripe', encodeBody(request('c1', operation)))
      ).json();
    expect(await ask('parse_webhook')).toMatchObject({ status: 'success' });
    expect(await ask('handle_webhook')).toMatchObject({
      status: 'failure',
      error: { code: 'NOT_SUPPORTED' },
    });
    expect(await ask('refund')).toMatchObject({ error: { code: 'VALIDATION_ERROR' } });
    await worker.stop();
  });

  it.each([0, -1, 1.5, Number.NaN])('cannot handle %s requests at once', (concurrency) => {
    const handlers: Handlers = { authorize: () => ({ status: 'success' }) };
    expect(() => createWorker({ handlers, concurrency })).toThrow(
      `concurrency ${concurrency} must be a whole number above 0`,
    );
  });

  it('does not start where its credentials may not say that it is there, and says what for', async () => {
    const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-worker-'));
    const configuration =
      'authorization { users: [{ user: u, password: p, permissions: { subscribe: { deny: "hyperswitch.workers.guarded.capture" } } }] }';
    const server = await startEmbeddedServer({ storeDir, syncInterval: '2m', configuration });
    const success = () => ({ status: 'success' as const });
    const worker = createWorker({
      servers: server.url.replace('//', '//u:p@'),
      handlers: { authorize: success, capture: success },
    });
    await expect(worker.start()).rejects.toThrow(
      'denies this user the subscription on hyperswitch.workers.guarded.capture',
    );
    await server.stop();
    rmSync(storeDir, { recursive: true, force: true });
  });

  it('cannot be made without handlers, or for operations that do not exist', () => {
    expect(() => createWorker({ handlers: {} })).toThrow('at least one handler');
    expect(() => createWorker({ handlers: { authorize: vi.fn(), pay: vi.fn() } as Handlers })).toThrow(
      'no operation is called pay',
    );
  });
});
