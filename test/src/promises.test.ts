/** The delivery promises at their hardest: frozen and dead workers, repeats beyond the window, histories, retries. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from '@nats-bridge/messaging';
import type { JsonObject } from '@nats-bridge/protocol';
import { createWorker, type Handler, type Worker } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, describe, expect, it } from 'vitest';
import { startBridge } from './bridge-under-test.js';
import {
  authorizeRequest,
  MERCHANT,
  money,
  type Stack,
  type StackOptions,
  startStack,
} from './stack-under-test.js';
import { until } from './until.js';
import { PYTHON, ROOT, startSpecWorker } from './worker-process.js';

const AUTHORIZE = 'PaymentService/Authorize';
const NAIVE = [PYTHON, join(ROOT, 'workers/examples/python/naive_worker.py')] as const;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function stackOf(options: StackOptions): Promise<Stack> {
  const stack = await startStack({ sandbox: false, ...options });
  closers.push(() => stack.close());
  return stack;
}

async function workerOn(stack: Stack, authorize: Handler): Promise<Worker> {
  const worker = createWorker({ servers: stack.server.url, handlers: { authorize } });
  await worker.start();
  closers.push(() => worker.stop());
  return worker;
}

const authorize = (stack: Stack, attempt: string) =>
  stack.call(AUTHORIZE, authorizeRequest(attempt), attempt);
const recordOf = async (stack: Stack, attempt: string) =>
  (await stack.bridge.ledger.findLatest(MERCHANT, `authorize:${attempt}`))?.record;

describe('a worker that is frozen when a request comes', () => {
  it('has it taken back: the caller hears "failed", and it never runs', async () => {
    const stack = await stackOf({ config: { request_timeout_ms: 1_500, jetstream: { ack_wait: 1_000 } } });
    const worker = await sandboxProcess(stack);
    expect(await authorize(stack, 'att_1')).toMatchObject({ status: 'CHARGED' });
    worker.kill('SIGSTOP');
    expect(await authorize(stack, 'att_2')).toMatchObject({
      status: 'FAILURE',
      status_code: 503,
      error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } },
    });
    expect(await recordOf(stack, 'att_2')).toMatchObject({ state: 'withdrawn', reason: 'NATS_TIMEOUT' });
    worker.kill('SIGCONT');
    expect(
      await until('it works again', async () => {
        const answer = await authorize(stack, `att_${Math.random()}`);
        return answer.status === 'CHARGED' ? answer : undefined;
      }),
    ).toBeDefined();
    const manager = await jetstreamManager(await stack.nats());
    await until('nothing is in hand', async () => {
      const info = await manager.consumers.info('PAYMENTS', 'hyperswitch-consumer-authorize');
      return info.num_pending + info.num_ack_pending === 0 ? true : undefined;
    });
    const { state } = await manager.streams.info('KV_sandbox', { subjects_filter: '$KV.sandbox.payment.>' });
    expect(Object.keys(state.subjects ?? {}).join(' ')).not.toContain('att_2');
  });
});

describe('a worker that dies with a payment in hand', () => {
  it('leaves it pending; its successor looks, answers, and the next sync has it', async () => {
    const stack = await stackOf({
      config: { request_timeout_ms: 5_000, timeouts: { authorize: 700 }, jetstream: { ack_wait: 1_000 } },
    });
    const effects: number[] = [];
    const connection = createConnection({ servers: stack.server.url });
    const doomed = createWorker({
      connection,
      handlers: {
        authorize: (_, { attempt }) => {
          effects.push(attempt);
          return new Promise(() => {});
        },
      },
      drainTimeoutMs: 1,
    });
    await doomed.start();
    const answer = await authorize(stack, 'att_1');
    expect(answer).toMatchObject({ status: 'PENDING', status_code: 504 });
    await connection.close();
    closers.push(() => doomed.stop().catch(() => {}));
    await workerOn(stack, (_, { attempt, idempotencyKey }) => {
      effects.push(attempt);
      return { status: 'success', transaction_id: `found by ${idempotencyKey}` };
    });
    const entry = await until('the late answer', async () => {
      const found = await stack.bridge.ledger.findLatest(MERCHANT, 'authorize:att_1');
      return found?.answer && found;
    });
    expect(effects).toEqual([1, 2]);
    expect(entry.record).toMatchObject({ state: 'answered', attempt: 2 });
    expect(entry.answer).toMatchObject({ transaction_id: 'found by authorize:att_1' });
  });
});

describe('a repeated request, later than the duplicate window', () => {
  const config = { request_timeout_ms: 3_000, jetstream: { duplicate_window: '200ms' } } as const;

  it('gets its first answer from a worker of the SDK, also through another bridge, and runs once', async () => {
    const stack = await stackOf({ config });
    let runs = 0;
    await workerOn(stack, () => ({ status: 'success', transaction_id: `run_${++runs}` }));
    expect(await authorize(stack, 'att_1')).toMatchObject({ connector_transaction_id: 'run_1' });
    await sleep(400); // the window
    expect(await authorize(stack, 'att_1')).toMatchObject({ connector_transaction_id: 'run_1' });
    const other = await stackOf({ config, runningServer: stack.server });
    expect(await authorize(other, 'att_1')).toMatchObject({ connector_transaction_id: 'run_1' });
    expect(runs).toBe(1);
  });

  it('is in doubt when it asks for something else, and a sync by its id finds what became of the first', async () => {
    const stack = await stackOf({ config });
    let runs = 0;
    await workerOn(stack, () => ({ status: 'success', transaction_id: `run_${++runs}` }));
    await authorize(stack, 'att_1');
    const other = authorizeRequest('att_1', { amount: { minor_amount: 9_999, currency: 'EUR' } });
    const inDoubt = {
      status: 'PENDING',
      connector_transaction_id: 'bridge:authorize:att_1',
      error: {
        connector_details: {
          code: 'KEY_CONFLICT',
          message: expect.stringContaining('authorize:att_1 was used for another request'),
        },
      },
    };
    expect(await stack.call(AUTHORIZE, other, 'att_1')).toMatchObject(inDoubt);
    await sleep(400);
    expect(await stack.call(AUTHORIZE, other, 'att_1')).toMatchObject(inDoubt);
    expect(runs).toBe(1);
    const asked = { merchant_transaction_id: 'att_1', connector_transaction_id: 'bridge:authorize:att_1' };
    expect(await stack.call('PaymentService/Get', asked, 'att_1')).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'run_1',
    });
  });

  it("gets its first answer where the specification's worker gave it, which keeps no record", async () => {
    const bridge = await startBridge(config);
    closers.push(() => bridge.close());
    const worker = await startSpecWorker(NAIVE, bridge.url);
    closers.push(() => worker.stop());
    const first = await bridge.authorize('att_1');
    expect(first).toMatchObject({ status: 'CHARGED' });
    await sleep(400);
    expect(await bridge.authorize('att_1')).toEqual(first);
    expect(worker.executions()).toEqual(['att_1']);
  });
});

describe('a capture whose answer was lost on its way to Hyperswitch, and that the merchant asks for again', () => {
  it('is one capture: his second API call has another request id, and the payment no second capture', async () => {
    const stack = await stackOf({});
    let captured = 0;
    const worker = createWorker({
      servers: stack.server.url,
      handlers: { capture: () => ({ status: 'success', transaction_id: `capture_${++captured}` }) },
    });
    await worker.start();
    closers.push(() => worker.stop());
    const capture = (requestId: string, changes: JsonObject = {}) =>
      stack.call(
        'PaymentService/Capture',
        {
          merchant_capture_id: 'att_1',
          connector_transaction_id: 'txn_1',
          amount_to_capture: money(500),
          capture_method: 'MANUAL',
          ...changes,
        },
        'att_1',
        { 'x-request-id': requestId },
      );
    expect(await capture('req_1')).toMatchObject({ connector_transaction_id: 'capture_1' });
    expect(await capture('req_2')).toMatchObject({ connector_transaction_id: 'capture_1' });
    expect(await capture('req_3', { amount_to_capture: money(600) })).toMatchObject({ status: 'PENDING' });
    expect(captured).toBe(1);
  });
});

describe('a stream with a history', () => {
  it("has nothing of the past for the specification's worker, which begins with everything", async () => {
    const stack = await stackOf({});
    const sdk = await workerOn(stack, () => ({ status: 'success', transaction_id: 'sdk' }));
    await Promise.all(Array.from({ length: 50 }, (_, index) => authorize(stack, `old_${index}`)));
    const manager = await jetstreamManager(await stack.nats());
    const messages = async (stream: string) => (await manager.streams.info(stream)).state.messages;
    await until('the work stream is empty', async () =>
      (await messages('PAYMENTS')) === 0 ? true : undefined,
    );
    expect(await messages('PAYMENTS_ARCHIVE')).toBe(50);
    await sdk.stop();
    const worker = await startSpecWorker(NAIVE, stack.server.url);
    closers.push(() => worker.stop());
    expect(await authorize(stack, 'new_1')).toMatchObject({ status: 'CHARGED' });
    expect(worker.executions()).toEqual(['new_1']);
  });
});

describe('a worker of the SDK beside one of the specification', () => {
  it('is said loudly: each has a consumer of its own, and gets every request', async () => {
    const stack = await stackOf({});
    await workerOn(stack, () => ({ status: 'success', transaction_id: 'sdk' }));
    const naive = await startSpecWorker(NAIVE, stack.server.url);
    closers.push(() => naive.stop());
    const event = await until('it is reported', () =>
      stack.events.find(({ type }) => type === 'overlapping_consumers'),
    );
    expect(event).toMatchObject({
      overlap: { consumers: ['hyperswitch-consumer-authorize', 'payment-worker'] },
    });
  });
});

describe('a worker that cannot', () => {
  it('leaves the second try to another that can', async () => {
    const stack = await stackOf({});
    const tries: { worker: string; attempt: number }[] = [];
    await workerOn(stack, (_, { attempt }) => {
      tries.push({ worker: 'broken', attempt });
      throw new Error('its processor is away');
    });
    await workerOn(stack, (_, { attempt }) => {
      tries.push({ worker: 'sound', attempt });
      return { status: 'success', transaction_id: 'txn_1' };
    });
    // The server takes its readers in turn: two at a time put the redelivery on the turn of the first.
    for (let round = 0; round < 4; round++) {
      const two = await Promise.all([1, 2].map((index) => authorize(stack, `att_${round}_${index}`)));
      for (const answer of two) expect(answer).toMatchObject({ status: 'CHARGED' });
    }
    expect(tries.some(({ worker }) => worker === 'broken')).toBe(true);
    expect(tries.filter(({ worker, attempt }) => worker === 'broken' && attempt > 1)).toEqual([]);
  });
});

describe('NATS that restarts while payments are in flight', () => {
  it('loses no answer: those stored while nobody listened are found by the retry', async () => {
    const stack = await stackOf({ config: { request_timeout_ms: 16_000, jetstream: { ack_wait: 1_000 } } });
    await workerOn(stack, async (_, { idempotencyKey }) => {
      await sleep(300);
      return { status: 'success', transaction_id: idempotencyKey };
    });
    const calls = Array.from({ length: 20 }, (_, index) => authorize(stack, `att_${index}`));
    await until('they are in hand', () => (stack.bridge.inFlight === 20 ? true : undefined));
    await stack.server.kill();
    await stack.server.restart();
    for (const [index, answer] of (await Promise.all(calls)).entries())
      expect(answer).toMatchObject({
        status: 'CHARGED',
        connector_transaction_id: `authorize:att_${index}`,
      });
  });
});

/** The sandbox worker as a process of its own, once it takes requests. */
async function sandboxProcess(stack: Stack): Promise<ChildProcess> {
  const cli = join(ROOT, 'packages/cli/dist/main.js');
  const worker = spawn(process.execPath, [cli, 'worker', 'sandbox', '--json'], {
    env: {
      ...process.env,
      NATS_BRIDGE__BASE_URL: stack.server.url,
      NATS_BRIDGE__LOGGING__LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closers.push(() => worker.kill('SIGKILL'));
  for await (const line of createInterface({ input: worker.stdout as NodeJS.ReadableStream }))
    if (line.includes('"started"')) break;
  worker.stdout?.resume();
  return worker;
}
