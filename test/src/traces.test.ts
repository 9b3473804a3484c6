/** Traces: one from the gRPC call to the answer, across processes; what is exported of those not sampled. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ServiceError } from '@grpc/grpc-js';
import type { BridgeConfigInput } from '@nats-bridge/connector';
import { createWorker, type Handler, type WorkerEvent, type WorkerOptions } from '@nats-bridge/worker';
import { afterEach, describe, expect, it } from 'vitest';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.js';
import {
  APPROVED,
  authorizeRequest,
  MERCHANT,
  type Mode,
  money,
  type Stack,
  startStack,
} from './stack-under-test.js';
import { until } from './until.js';
import { PYTHON, ROOT, startWorkerProcess } from './worker-process.js';

const AUTHORIZE = 'hyperswitch.payments.{merchant_id}.authorize';
const RPC = 'types.PaymentService/Authorize';
const BROKEN = '4000000000000036';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A trace that a caller began, and its `traceparent`. */
function newTrace(flags: '00' | '01') {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

const authorize: Handler = ({ router_data }) => {
  const { card } = router_data.request.payment_method as { card: { card_number: string } };
  if (card.card_number === BROKEN) throw new TypeError(`no way with ${card.card_number}`);
  return { status: 'success', transaction_id: `txn_${router_data.attempt_id}` };
};

async function startReceiver(): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  closers.push(receiver.close);
  return receiver;
}

async function startBridge(config: BridgeConfigInput, mode?: Mode): Promise<Stack> {
  const stack = await startStack({ sandbox: false, mode, config });
  closers.push(stack.close);
  return stack;
}

async function startWorker(stack: Stack, options: Omit<WorkerOptions, 'servers' | 'name'>) {
  const worker = createWorker({ servers: stack.server.url, name: 'probe', ...options });
  closers.push(worker.stop);
  await worker.start();
  return worker;
}

const pay = (stack: Stack, attempt: string, traceparent?: string, number = APPROVED) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, {}, number), attempt, { traceparent });

function byName(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const [span, ...more] = spans.filter((candidate) => candidate.name === name);
  if (span === undefined || more.length > 0)
    throw new Error(`${more.length + (span ? 1 : 0)} spans are called ${name}: ${spans.map((s) => s.name)}`);
  return span;
}

describe('a sampled payment', () => {
  it('is one trace from the gRPC call through stream and handler to the answer', async () => {
    const receiver = await startReceiver();
    const stack = await startBridge({ tracing: { endpoint: receiver.endpoint } });
    const seen: (string | undefined)[] = [];
    await startWorker(stack, {
      tracing: { endpoint: receiver.endpoint },
      handlers: {
        authorize: (request, context) => {
          seen.push(context.traceparent);
          return authorize(request, context);
        },
      },
    });
    const caller = newTrace('01');
    expect(await pay(stack, 'att_1', caller.traceparent)).toMatchObject({ status: 'CHARGED' });

    const spans = await receiver.trace(caller.traceId, 7);
    const rpc = byName(spans, RPC);
    const execute = byName(spans, 'execute authorize');
    const publish = byName(spans, `publish ${AUTHORIZE}`);
    const wait = byName(spans, `wait ${AUTHORIZE}`);
    const process = byName(spans, `process ${AUTHORIZE}`);
    const handle = byName(spans, 'handle authorize');
    const reply = byName(spans, 'publish reply');
    expect(spans).toHaveLength(7);

    expect(rpc.parentSpanId).toBe(caller.spanId);
    expect(execute.parentSpanId).toBe(rpc.spanId);
    expect(publish.parentSpanId).toBe(execute.spanId);
    expect(wait.parentSpanId).toBe(publish.spanId);
    expect(process.parentSpanId).toBe(publish.spanId);
    expect(handle.parentSpanId).toBe(process.spanId);
    expect(reply.parentSpanId).toBe(process.spanId);
    expect(seen).toEqual([`00-${caller.traceId}-${handle.spanId}-01`]);

    expect([rpc, execute, publish].map(({ service }) => service)).toEqual(Array(3).fill('nats-bridge'));
    expect([wait, process, handle, reply].map(({ service }) => service)).toEqual(Array(4).fill('probe'));
    expect(spans.map(({ kind }) => kind).toSorted()).toEqual([
      'CONSUMER',
      'INTERNAL',
      'INTERNAL',
      'INTERNAL',
      'PRODUCER',
      'PRODUCER',
      'SERVER',
    ]);
    const ids = spans.map(({ attributes }) => attributes['messaging.message.conversation_id']);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(1);
    expect(spans.some(({ failed }) => failed)).toBe(false);

    expect(rpc.attributes).toMatchObject({
      'rpc.system': 'grpc',
      'rpc.service': 'types.PaymentService',
      'rpc.method': 'Authorize',
      'rpc.grpc.status_code': 0,
      'nats_bridge.operation': 'authorize',
      'nats_bridge.result': 'success',
    });
    expect(execute.attributes).toMatchObject({ 'nats_bridge.connector': 'imerchantsolutions' });
    expect(publish.attributes).toMatchObject({
      'messaging.system': 'nats',
      'messaging.operation.type': 'send',
      'messaging.destination.template': AUTHORIZE,
      'nats_bridge.stream_sequence': 1,
    });
    expect(process.attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': 'hyperswitch-consumer-authorize',
      'nats_bridge.stream_sequence': 1,
      'nats_bridge.attempt': 1,
      'nats_bridge.ending': 'answered',
    });
    for (const [first, then] of [
      [wait, handle],
      [handle, reply],
    ] as const)
      expect(then.beganAtNs).toBeGreaterThanOrEqual(first.beganAtNs);
    expect(reply.endedAtNs).toBeGreaterThanOrEqual(handle.endedAtNs);
    expect(rpc.beganAtNs).toBeLessThanOrEqual(publish.beganAtNs);
    for (const secret of [APPROVED, 'Jo Doe', MERCHANT, 'att_1', 'pay_of_', 'txn_'])
      expect(receiver.text()).not.toContain(secret);
  });

  it.each(['durable', 'core'] as const)('a question is one, too (%s)', async (mode) => {
    const receiver = await startReceiver();
    const stack = await startBridge({ tracing: { endpoint: receiver.endpoint } }, mode);
    await startWorker(stack, {
      jetstream: mode === 'durable',
      tracing: { endpoint: receiver.endpoint, serviceName: 'asked' },
      handlers: { sync: () => ({ status: 'success', transaction_id: 'txn_1' }) },
    });
    const caller = newTrace('01');
    const asked = { connector_transaction_id: 'txn_1', amount: money(1) };
    await stack.call('PaymentService/Get', asked, 'att_1', { traceparent: caller.traceparent });
    const sync = 'hyperswitch.payments.{merchant_id}.sync';
    const isDurable = mode === 'durable';
    const spans = await receiver.trace(caller.traceId, isDurable ? 7 : 6);
    const sent = byName(spans, `${isDurable ? 'publish' : 'request'} ${sync}`);
    const process = byName(spans, `process ${sync}`);
    expect(process).toMatchObject({ parentSpanId: sent.spanId, service: 'asked' });
    expect(byName(spans, 'handle sync').parentSpanId).toBe(process.spanId);
    expect(byName(spans, 'publish reply').parentSpanId).toBe(process.spanId);
    expect(spans.filter(({ name }) => name === `wait ${sync}`)).toHaveLength(isDurable ? 1 : 0);
  });
});

describe('a repeated payment', () => {
  it('is published and dropped by the stream: its trace has no spans of a worker', async () => {
    const receiver = await startReceiver();
    const tracing = { endpoint: receiver.endpoint };
    const stack = await startStack({ sandbox: false, config: { tracing } });
    const worker = await startWorker(stack, { tracing, handlers: { authorize } });
    const again = newTrace('01');
    await pay(stack, 'att_1');
    expect(await pay(stack, 'att_1', again.traceparent)).toMatchObject({ status: 'CHARGED' });
    await worker.stop();
    await stack.close();
    const names = receiver.spans.filter(({ traceId }) => traceId === again.traceId).map(({ name }) => name);
    expect(names.toSorted()).toEqual(['execute authorize', `publish ${AUTHORIZE}`, RPC].toSorted());
  });
});

describe('a payment that is not sampled', () => {
  it('is exported by the process that saw a failure, and by no other', async () => {
    const receiver = await startReceiver();
    const tracing = { endpoint: receiver.endpoint };
    const stack = await startStack({
      sandbox: false,
      config: { tracing, timeouts: { authorize: 4_000, capture: 500 } },
    });
    let release: () => void = () => {};
    const worker = await startWorker(stack, {
      tracing,
      handlers: {
        authorize: (request, context) => {
          if (context.attempt === 1) throw new RangeError('not yet');
          return authorize(request, context);
        },
        capture: async () => {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          return { status: 'success', transaction_id: 'txn_1' };
        },
      },
    });
    const twice = newTrace('00');
    const late = newTrace('00');
    expect(await pay(stack, 'att_1', twice.traceparent)).toMatchObject({ status: 'CHARGED' });
    const capture = { connector_transaction_id: 'txn_1', amount_to_capture: money(1) };
    await stack.call('PaymentService/Capture', capture, 'att_2', { traceparent: late.traceparent });
    release();
    await worker.stop();
    await stack.close();
    const servicesOf = (id: string) =>
      new Set(receiver.spans.filter(({ traceId }) => traceId === id).map(({ service }) => service));
    expect(servicesOf(twice.traceId)).toEqual(new Set(['probe']));
    expect(servicesOf(late.traceId)).toEqual(new Set(['nats-bridge']));
  });

  it('is exported when it failed, by every process in which it did, and not when it was good', async () => {
    const receiver = await startReceiver();
    const tracing = { endpoint: receiver.endpoint };
    const stack = await startStack({
      sandbox: false,
      config: { tracing: { ...tracing, sample_ratio: 0 }, timeouts: { authorize: 2_000 } },
    });
    const worker = await startWorker(stack, { tracing, handlers: { authorize } });
    const good = newTrace('00');
    const declined = newTrace('00');
    const failed = newTrace('00');
    expect(await pay(stack, 'att_good', good.traceparent)).toMatchObject({ status: 'CHARGED' });
    expect(await pay(stack, 'att_no_parent')).toMatchObject({ status: 'CHARGED' });
    expect(await pay(stack, 'att_broken', failed.traceparent, BROKEN)).toMatchObject({ status: 'PENDING' });
    expect(
      await stack.call(
        'PaymentService/Capture',
        { connector_transaction_id: 'x', amount_to_capture: money(1) },
        'c',
        {
          traceparent: declined.traceparent,
        },
      ),
    ).toMatchObject({ error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } } });
    // Both export what they have when they stop: what is not there then never comes.
    await worker.stop();
    await stack.close();

    const spans = receiver.spans.filter(({ traceId }) => traceId === failed.traceId);
    const rpc = byName(spans, RPC);
    expect(rpc).toMatchObject({ parentSpanId: failed.spanId, failed: true });
    expect(rpc.attributes).toMatchObject({ 'error.type': 'NATS_TIMEOUT', 'nats_bridge.result': 'unknown' });
    expect(byName(spans, 'execute authorize')).toMatchObject({ parentSpanId: rpc.spanId, failed: true });
    const handled = spans.filter(({ name }) => name === 'handle authorize');
    expect(handled.length).toBeGreaterThanOrEqual(1);
    for (const span of handled) {
      expect(span.attributes['error.type']).toBe('TypeError');
      const process = spans.find(({ spanId }) => spanId === span.parentSpanId);
      expect(process).toMatchObject({ name: `process ${AUTHORIZE}`, failed: true });
      expect(spans.find(({ spanId }) => spanId === process?.parentSpanId)?.name).toBe(`publish ${AUTHORIZE}`);
    }
    const refused = receiver.spans.filter(({ traceId }) => traceId === declined.traceId);
    expect(refused.map(({ name }) => name).toSorted()).toEqual(
      ['execute capture', 'types.PaymentService/Capture'].toSorted(),
    );
    expect(byName(refused, 'execute capture').attributes).toMatchObject({
      'error.type': 'NO_WORKERS_AVAILABLE',
    });
    expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(
      new Set([failed.traceId, declined.traceId]),
    );
    expect(receiver.text()).not.toContain(BROKEN);
  });

  it('is kept when its call was refused at the door', async () => {
    const receiver = await startReceiver();
    const stack = await startBridge({ tracing: { endpoint: receiver.endpoint, sample_ratio: 0 } });
    const caller = newTrace('00');
    const refused = stack.raw('PaymentService/Authorize', new Uint8Array([255]), {
      'x-connector': 'imerchantsolutions',
      traceparent: caller.traceparent,
    });
    const error: ServiceError = await refused.catch((thrown) => thrown);
    expect(error.message).toMatch(/INVALID_ARGUMENT/);
    const [span] = await receiver.trace(caller.traceId, 1);
    expect(span).toMatchObject({ name: RPC, failed: true });
    expect(span?.attributes).toMatchObject({
      'rpc.grpc.status_code': 3,
      'error.type': 'INVALID_ARGUMENT',
      'messaging.message.conversation_id': error.metadata.get('x-correlation-id')[0],
    });
  });
});

describe.each([
  ['Python', [PYTHON, join(ROOT, 'workers/examples/python/disciplined_worker.py')]],
  ['Go', [join(ROOT, '.cache/go/disciplined')]],
] as const)('the disciplined worker in %s', (_language, command) => {
  it('logs the trace, and passes it on in its answer', async () => {
    const receiver = await startReceiver();
    const stack = await startBridge({ tracing: { endpoint: receiver.endpoint } });
    const worker = await startWorkerProcess(command, { NATS_URL: stack.server.url }, 'started');
    closers.push(worker.stop);
    const caller = newTrace('01');
    expect(await pay(stack, 'att_1', caller.traceparent)).toMatchObject({ status: 'CHARGED' });
    const spans = await receiver.trace(caller.traceId, 3);
    const publish = byName(spans, `publish ${AUTHORIZE}`);
    await until(
      'the line',
      () => worker.printed().includes(`authorize in trace ${caller.traceId}`) || undefined,
    );
    const nats = await stack.nats();
    const record = await nats.request(
      '$JS.API.DIRECT.GET.OPERATIONS',
      JSON.stringify({ last_by_subj: `hyperswitch.operations.${MERCHANT}.authorize.att_1` }),
    );
    expect(record.headers?.get('X-Record')).toBe('answered');
    expect(record.headers?.get('traceparent')).toBe(`00-${caller.traceId}-${publish.spanId}-01`);
  });
});

describe('tracing', () => {
  it('is off without an endpoint: nothing is made, and the context of the caller passes as it came', async () => {
    const stack = await startBridge({});
    expect(stack.bridge.tracing).toBe(undefined);
    const seen: (string | undefined)[] = [];
    await startWorker(stack, {
      handlers: {
        authorize: (request, context) => {
          seen.push(context.traceparent);
          return authorize(request, context);
        },
      },
    });
    const caller = newTrace('01');
    await pay(stack, 'att_1', caller.traceparent);
    expect(seen).toEqual([caller.traceparent]);
  });

  it('whose endpoint refuses leaves payments alone, says so once and holds no stop up', async () => {
    const receiver = await startReceiver();
    const tracing = { endpoint: `${receiver.endpoint}/nobody` };
    const stack = await startStack({ sandbox: false, config: { tracing } });
    const events: WorkerEvent[] = [];
    const worker = await startWorker(stack, {
      tracing,
      handlers: { authorize },
      onEvent: (event) => events.push(event),
    });
    expect(await pay(stack, 'att_1')).toMatchObject({ status: 'CHARGED' });
    const said = () => stack.events.filter((event) => event.type === 'error' && event.subject === 'tracing');
    const told = () => events.filter(({ type }) => type === 'traces_not_exported');
    await until('both to say so', () => (said().length > 0 && told().length > 0) || undefined);
    expect(await pay(stack, 'att_2')).toMatchObject({ status: 'CHARGED' });
    const begunAt = performance.now();
    await worker.stop();
    await stack.close();
    expect(performance.now() - begunAt).toBeLessThan(8_000);
    expect([said().length, told().length]).toEqual([1, 1]);
  });
});
