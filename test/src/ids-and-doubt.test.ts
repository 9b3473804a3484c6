/** What Hyperswitch is told when the outcome is not known, and how it finds out afterwards. */
import type { BridgeRequest, JsonObject } from '@nats-bridge/protocol';
import { createWorker, type HandlerResponse, type Worker } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { superviseCli } from './cli-process.js';
import { authorizeRequest, MODES, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const TIMEOUT_MS = 300;

const connectorDetails = (answer: JsonObject) => (answer.error as JsonObject | undefined)?.connector_details;

const sync = (stack: Stack, attempt: string, id: string) =>
  stack.call(
    'PaymentService/Get',
    { merchant_transaction_id: attempt, connector_transaction_id: id },
    attempt,
  );

describe.each(MODES)('asking by the merchant id alone, %s', (mode) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ mode });
  });
  afterAll(() => stack.close());

  it('finds the payment without an id of the processor', async () => {
    const paid = await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    expect(await sync(stack, 'att_1', '')).toMatchObject({
      merchant_transaction_id: 'att_1',
      connector_transaction_id: paid.connector_transaction_id,
      status: 'CHARGED',
      captured_amount: 1_250,
    });
    const withoutResource = await stack.call('PaymentService/Get', {
      merchant_transaction_id: 'att_1',
      connector_transaction_id: '',
    });
    expect(withoutResource.connector_transaction_id).toBe(paid.connector_transaction_id);
  });

  it('says of an attempt that nobody made that it is unresolved, and not of another', async () => {
    const answer = await sync(stack, 'att_never', '');
    expect(answer).toMatchObject({ status: 'UNRESOLVED', status_code: 400 });
    expect(connectorDetails(answer)).toMatchObject({ code: 'resource_missing' });
  });
});

describe.each(MODES)('without a worker, %s', (mode) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ mode, sandbox: false });
  });
  afterAll(() => stack.close());

  it('fails at once, with the code of the specification, and leaves nothing to run later', async () => {
    const fail = async (attempt: string) => {
      const startedAt = performance.now();
      const answer = await stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt);
      const ms = performance.now() - startedAt;
      expect(answer).toMatchObject({
        merchant_transaction_id: attempt,
        status: 'FAILURE',
        status_code: 503,
        error: {
          connector_details: {
            code: 'NO_WORKERS_AVAILABLE',
            message: 'Payment service temporarily unavailable',
          },
        },
      });
      return ms;
    };
    const stored = async () => {
      if (mode === 'core') return { messages: 0, last_seq: 0 };
      return (await (await jetstreamManager(await stack.nats())).streams.info('PAYMENTS')).state;
    };
    // The first calls warm up, and the machine does other things too: of nine the middle one counts, in one of ten
    // rounds. Where the question who is there has no answer in time, a payment is sent, and taken back.
    const rounds: { readonly median: number; readonly sent: number }[] = [];
    while (rounds.length < 10 && !rounds.some(({ median, sent }) => median < 50 && sent === 0)) {
      const before = (await stored()).last_seq;
      const times: number[] = [];
      for (let index = 0; index < 9; index++) times.push(await fail(`att_${rounds.length}_${index}`));
      const median = times.sort((one, other) => one - other)[4] ?? Number.NaN;
      rounds.push({ median, sent: (await stored()).last_seq - before });
    }
    expect(rounds.at(-1)).toEqual({ median: expect.toSatisfy((ms: number) => ms < 50), sent: 0 });
    expect((await stored()).messages).toBe(0);
  });

  it('fails a refund as a refund, and leaves the status of a question as it is', async () => {
    const refund = await stack.call(
      'PaymentService/Refund',
      { merchant_refund_id: 'ref_1', connector_transaction_id: 'pay_1', refund_amount: money(1) },
      'ref_1',
    );
    // With 503 beside the error, Hyperswitch would leave the refund pending for ever.
    expect(refund).toMatchObject({ status: 'REFUND_FAILURE', status_code: 400 });
    expect(connectorDetails(refund)).toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    const question = await sync(stack, 'att_1', 'pay_1');
    expect(question).not.toHaveProperty('status');
    expect(question.connector_transaction_id).toBe('pay_1');
  });
});

/** A processor that takes the money and tells nobody until the test lets it. */
function createSlowProcessor(servers: string, isDurable: boolean) {
  const executions: string[] = [];
  const asked: unknown[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const idOf = (attempt: string) => `real_${attempt}`;
  const effect = async (request: BridgeRequest): Promise<HandlerResponse> => {
    const { attempt_id, refund_id } = request.router_data;
    const resource = refund_id ?? attempt_id;
    executions.push(`${request.operation}:${resource}`);
    await released;
    return { status: 'success', transaction_id: idOf(resource) };
  };
  const worker: Worker = createWorker({
    servers,
    jetstream: isDurable,
    ackWaitMs: 1_000,
    handlers: {
      authorize: effect,
      refund: effect,
      capture: ({ router_data }) => {
        asked.push(router_data.request.connector_transaction_id);
        return { status: 'success', transaction_id: String(router_data.request.connector_transaction_id) };
      },
      sync: ({ router_data }) => {
        const id = String(router_data.request.connector_transaction_id ?? '');
        const found = executions.map((key) => idOf(key.replace('authorize:', ''))).includes(id);
        return found
          ? { status: 'success', transaction_id: id, attempt_status: 'CHARGED' }
          : { status: 'processing', attempt_status: 'PENDING' };
      },
      refund_sync: ({ router_data }) => {
        const id = String(router_data.request.refund_id ?? '');
        return id.startsWith('real_')
          ? { status: 'success', transaction_id: id, refund_status: 'REFUND_SUCCESS' }
          : { status: 'processing', refund_status: 'REFUND_PENDING' };
      },
    },
  });
  return { worker, release, executions, asked };
}

describe.each(MODES)('a worker that never answers, %s', (mode) => {
  let stack: Stack;
  let processor: ReturnType<typeof createSlowProcessor>;
  beforeEach(async () => {
    stack = await startStack({
      mode,
      sandbox: false,
      config: { request_timeout_ms: 5_000, timeouts: { authorize: TIMEOUT_MS, refund: TIMEOUT_MS } },
    });
    processor = createSlowProcessor(stack.server.url, mode === 'durable');
    await processor.worker.start();
  });
  afterEach(async () => {
    processor.release();
    await processor.worker.stop();
    await stack.close();
  });

  it('leaves a payment pending, with the code of the specification and an id to ask by', async () => {
    const startedAt = performance.now();
    const answer = await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(TIMEOUT_MS - 10);
    expect(answer).toEqual({
      merchant_transaction_id: 'att_1',
      connector_transaction_id: 'bridge:authorize:att_1',
      status: 'PENDING',
      status_code: 504,
      error: { connector_details: { code: 'NATS_TIMEOUT', message: 'Payment processor timeout' } },
    });
    expect(processor.executions).toEqual(['authorize:att_1']);
  });

  it('leaves a refund pending, without an error and with an id to ask by', async () => {
    const answer = await stack.call(
      'PaymentService/Refund',
      { merchant_refund_id: 'ref_1', connector_transaction_id: 'pay_1', refund_amount: money(100) },
      'ref_1',
    );
    expect(answer).toEqual({
      merchant_refund_id: 'ref_1',
      connector_refund_id: 'bridge:refund:ref_1',
      status: 'REFUND_PENDING',
      status_code: 504,
      refund_amount: money(100),
    });
  });

  it('does not execute a repeated authorize again while the first is in doubt', async () => {
    await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    const again = stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    if (mode === 'durable') {
      expect(await again).toMatchObject({ status: 'PENDING', status_code: 504 });
      expect(processor.executions).toEqual(['authorize:att_1']);
    } else {
      // Without a stream nothing but the idempotency key tells the worker; the bridge still says "pending".
      expect(await again).toMatchObject({ status: 'PENDING', status_code: 504 });
    }
  });
});

describe('when the answer comes late', () => {
  let stack: Stack;
  let processor: ReturnType<typeof createSlowProcessor>;
  beforeEach(async () => {
    stack = await startStack({
      sandbox: false,
      config: { request_timeout_ms: 5_000, timeouts: { authorize: TIMEOUT_MS, refund: TIMEOUT_MS } },
    });
    processor = createSlowProcessor(stack.server.url, true);
    await processor.worker.start();
  });
  afterEach(async () => {
    processor.release();
    await processor.worker.stop();
    await stack.close();
  });

  it("gives a sync with the bridge's id the processor's state and id", async () => {
    const { connector_transaction_id: alias } = await stack.call(
      'PaymentService/Authorize',
      authorizeRequest('att_1'),
      'att_1',
    );
    const before = await sync(stack, 'att_1', String(alias));
    expect(before).toMatchObject({ status: 'PENDING', connector_transaction_id: alias });
    processor.release();
    const after = await until('the late answer', async () => {
      const answer = await sync(stack, 'att_1', String(alias));
      return answer.status === 'CHARGED' ? answer : undefined;
    });
    expect(after.connector_transaction_id).toBe('real_att_1');
    expect(await sync(stack, 'att_1', '')).toMatchObject({ connector_transaction_id: 'real_att_1' });
    expect(processor.executions).toEqual(['authorize:att_1']);
    // Whose it is, so that a line about it is found by payment and attempt.
    expect(stack.events.filter(({ type }) => type === 'late_reply')).toMatchObject([
      { ids: { attemptId: 'att_1', paymentId: expect.any(String) } },
    ]);
  });

  it("captures with the bridge's id what the processor knows by its own", async () => {
    await stack.call(
      'PaymentService/Authorize',
      authorizeRequest('att_1', { capture_method: 'MANUAL' }),
      'att_1',
    );
    processor.release();
    await until('the late answer', async () =>
      (await stack.bridge.findAnswer('merchant_1', 'authorize:att_1')) === undefined ? undefined : true,
    );
    const captured = await stack.call(
      'PaymentService/Capture',
      {
        merchant_capture_id: 'att_1',
        connector_transaction_id: 'bridge:authorize:att_1',
        amount_to_capture: money(1_250),
      },
      'att_1',
    );
    expect(captured).toMatchObject({ status: 'CHARGED', connector_transaction_id: 'real_att_1' });
    expect(processor.asked).toEqual(['real_att_1']);
  });

  it('repeats the answer to a repeated authorize, and a refund is found by its id in doubt', async () => {
    await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    const refund = await stack.call(
      'PaymentService/Refund',
      { merchant_refund_id: 'ref_1', connector_transaction_id: 'pay_1', refund_amount: money(100) },
      'ref_1',
    );
    processor.release();
    const settled = await until('the refund', async () => {
      const answer = await stack.call(
        'RefundService/Get',
        {
          merchant_refund_id: 'ref_1',
          connector_transaction_id: 'pay_1',
          refund_id: String(refund.connector_refund_id),
        },
        'ref_1',
      );
      return answer.status === 'REFUND_SUCCESS' ? answer : undefined;
    });
    expect(settled.connector_refund_id).toBe('real_ref_1');
    const again = await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    expect(again).toMatchObject({ status: 'CHARGED', connector_transaction_id: 'real_att_1' });
    expect(processor.executions).toEqual(['authorize:att_1', 'refund:ref_1']);
  });
});

describe('a worker that crashes after it took the money and before it answered', () => {
  it('has taken it once, and its successor gives the answer', async () => {
    const stack = await startStack({ sandbox: false, config: { jetstream: { ack_wait: 1_000 } } });
    const worker = await superviseCli(
      ['worker', 'sandbox', '--json'],
      {
        NATS_BRIDGE__BASE_URL: stack.server.url,
        NATS_BRIDGE__JETSTREAM__ACK_WAIT: '1000',
        NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
      },
      '"started"',
    );
    try {
      const answer = await stack.call(
        'PaymentService/Authorize',
        authorizeRequest('att_1', {}, '4000000000000341'),
        'att_1',
      );
      expect(answer).toMatchObject({ status: 'CHARGED', status_code: 200, captured_amount: 1_250 });
      expect(worker.exitCodes).toEqual([1]);
      const manager = await jetstreamManager(await stack.nats());
      const info = await manager.streams.info('KV_sandbox', { subjects_filter: '$KV.sandbox.payment.>' });
      expect(Object.values(info.state.subjects ?? {})).toEqual([1]);
      expect(await sync(stack, 'att_1', String(answer.connector_transaction_id))).toMatchObject({
        status: 'CHARGED',
        captured_amount: 1_250,
      });
    } finally {
      await worker.stop();
      await stack.close();
    }
  });
});
