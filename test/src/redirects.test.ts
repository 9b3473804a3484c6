/** Payments that send the customer away more than once: each return is a step of its own, with one effect. */
import { HEADER, type JsonObject } from '@nats-bridge/protocol';
import { createWorker, type HandlerResponse, type Worker, type WorkerOptions } from '@nats-bridge/worker';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sayThere } from './say-there.js';
import { authorizeRequest, MODES, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const TIMEOUT_MS = 1_000;

/** What the browser brings back from the page that collects device data, and from the challenge. */
const DEVICE_DATA = { params: '', payload: { session: 's_1', device: 'd_1' } };
const CHALLENGE = { params: 'transStatus=Y', payload: { cres: 'c_1' } };

const redirection = {
  form: { endpoint: 'https://acs.invalid/', method: 'HTTP_METHOD_POST', form_fields: {} },
};

/** A processor that asks for device data, and then for a challenge, which it takes its time to judge. */
function createTwoStepProcessor(servers: string, isDurable: boolean) {
  const steps: string[] = [];
  let judge = () => {};
  const judged = new Promise<void>((resolve) => {
    judge = resolve;
  });
  const step = async (name: string, reply: HandlerResponse): Promise<HandlerResponse> => {
    steps.push(name);
    return { transaction_id: 'real_1', ...reply };
  };
  const worker: Worker = createWorker({
    servers,
    jetstream: isDurable,
    handlers: {
      authorize: async ({ router_data }) => {
        const back = router_data.request.redirection_response as JsonObject | undefined;
        if (back === undefined) return step('begin', { status: 'processing', redirection });
        const { device } = back.payload as JsonObject;
        if (device !== undefined) return step('device', { status: 'processing', redirection });
        const answer = step('challenge', { status: 'success' });
        await judged;
        return answer;
      },
      sync: ({ router_data }) => ({
        status: 'processing',
        transaction_id: String(router_data.request.connector_transaction_id),
        attempt_status: 'PENDING',
      }),
    },
  });
  return { worker, steps, judge };
}

describe.each(MODES)('3-D Secure of two steps, %s', (mode) => {
  let stack: Stack;
  let processor: ReturnType<typeof createTwoStepProcessor>;
  beforeEach(async () => {
    stack = await startStack({ mode, sandbox: false, config: { timeouts: { authorize: TIMEOUT_MS } } });
    processor = createTwoStepProcessor(stack.server.url, mode === 'durable');
    await processor.worker.start();
  });
  afterEach(async () => {
    processor.judge();
    await processor.worker.stop();
    await stack.close();
  });

  const authorize = (redirection_response?: JsonObject) =>
    stack.call(
      'PaymentService/Authorize',
      authorizeRequest('att_1', redirection_response && { redirection_response }),
      'att_1',
    );

  it('asks for device data, then for a challenge, and is paid', async () => {
    processor.judge();
    expect(await authorize()).toMatchObject({ status: 'AUTHENTICATION_PENDING' });
    expect(await authorize(DEVICE_DATA)).toMatchObject({ status: 'AUTHENTICATION_PENDING' });
    expect(await authorize(CHALLENGE)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'real_1',
    });
    expect(processor.steps).toEqual(['begin', 'device', 'challenge']);
  });

  // Without a stream nothing is recorded: a repeat is another call.
  if (mode === 'core') return;

  it('takes a page that is loaded again for the same return', async () => {
    processor.judge();
    await authorize();
    for (const _ of [1, 2]) expect(await authorize(DEVICE_DATA)).toMatchObject({ redirection_data: {} });
    for (const _ of [1, 2]) expect(await authorize(CHALLENGE)).toMatchObject({ status: 'CHARGED' });
    expect(processor.steps).toEqual(['begin', 'device', 'challenge']);
  });

  it('is asked about by the id of the return that is in doubt', async () => {
    await authorize();
    await authorize(DEVICE_DATA);
    const { status, connector_transaction_id: alias } = await authorize(CHALLENGE);
    expect(status).toBe('PENDING');
    expect(alias).toMatch(/^bridge:authorize:att_1:complete:/);
    processor.judge();
    const sync = () =>
      stack.call(
        'PaymentService/Get',
        { merchant_transaction_id: 'att_1', connector_transaction_id: String(alias) },
        'att_1',
      );
    const found = await until('the late answer', async () => {
      const answer = await sync();
      return answer.connector_transaction_id === 'real_1' ? answer : undefined;
    });
    expect(found).toMatchObject({ status: 'PENDING' });
  });
});

/** A processor that takes the money while the customer is away, whether or not anybody hears of his return. */
describe('a return from a redirect that no worker was told of', () => {
  let stack: Stack;
  let worker: Worker;
  afterEach(async () => {
    await worker.stop();
    await stack.close();
  });

  const startProcessor = async (options: Partial<WorkerOptions> = {}) => {
    worker = createWorker({
      ...options,
      servers: stack.server.url,
      handlers: {
        authorize: () => ({ status: 'processing', transaction_id: 'real_1', redirection }),
        sync: ({ router_data: { request } }) =>
          request.connector_transaction_id === 'real_1'
            ? { status: 'success', transaction_id: 'real_1', attempt_status: 'CHARGED' }
            : { status: 'failure', error: { code: 'resource_missing', message: 'No such payment' } },
      },
    });
    await worker.start();
  };
  const authorize = (redirection_response?: JsonObject) =>
    stack.call(
      'PaymentService/Authorize',
      authorizeRequest('att_1', redirection_response && { redirection_response }),
      'att_1',
    );
  const sync = (connector_transaction_id: unknown) =>
    stack.call(
      'PaymentService/Get',
      { merchant_transaction_id: 'att_1', connector_transaction_id: String(connector_transaction_id) },
      'att_1',
    );

  it('leaves the payment pending, and what it is asked by then leads to the processor', async () => {
    stack = await startStack({ sandbox: false, config: { timeouts: { authorize: TIMEOUT_MS } } });
    await startProcessor();
    expect(await authorize()).toMatchObject({
      status: 'AUTHENTICATION_PENDING',
      connector_transaction_id: 'real_1',
    });
    await worker.stop();
    const returned = await authorize(CHALLENGE);
    expect(returned).toMatchObject({
      status: 'PENDING',
      error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } },
    });
    expect((await sync(returned.connector_transaction_id)).status).toBeUndefined();
    await startProcessor();
    expect(await sync(returned.connector_transaction_id)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'real_1',
    });
  });

  const REFUSAL = { status: 'failure', error: { code: 'VALIDATION_ERROR', message: 'No key opens it' } };
  const refusing = (correlationId: string | undefined) => {
    const refusal = headers();
    refusal.set(HEADER.correlationId, correlationId ?? '');
    refusal.set(HEADER.refusal, '1');
    return refusal;
  };
  const PENDING = { status: 'PENDING', error: { connector_details: { code: 'VALIDATION_ERROR' } } };

  it('leaves it pending when a worker cannot read it, as one that lacks a key', async () => {
    stack = await startStack({ sandbox: false });
    await startProcessor();
    await authorize();
    await worker.stop();
    await sayThere(stack);
    const nats = await stack.nats();
    const reader = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-authorize');
    const returning = authorize(CHALLENGE);
    const delivered = await reader.next({ expires: 10_000 });
    const { reply } = delivered as unknown as { readonly reply: string };
    const refusal = refusing(delivered?.headers?.get(HEADER.correlationId));
    nats.publish(reply, JSON.stringify(REFUSAL), { headers: refusal });
    expect(await returning).toMatchObject(PENDING);
  });

  it('leaves it pending when a worker without a stream cannot read it', async () => {
    stack = await startStack({ mode: 'core', sandbox: false });
    await startProcessor({ jetstream: false });
    await authorize();
    await worker.stop();
    const nats = await stack.nats();
    nats.subscribe('hyperswitch.payments.*.authorize', {
      callback: (_, request) => {
        const refusal = refusing(request.headers?.get(HEADER.correlationId));
        request.respond(JSON.stringify(REFUSAL), { headers: refusal });
      },
    });
    expect(await authorize(CHALLENGE)).toMatchObject(PENDING);
  });

  it('leaves it pending when it is over a rate limit, too', async () => {
    const once = { operation: 'authorize' as const, requests_per_second: 0.01, burst: 1 };
    stack = await startStack({ sandbox: false, config: { rate_limits: { once } } });
    await startProcessor();
    await authorize();
    expect(await authorize(CHALLENGE)).toMatchObject({
      status: 'PENDING',
      error: { connector_details: { code: 'RATE_LIMITED' } },
    });
  });
});
