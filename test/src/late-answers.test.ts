/** What becomes of a payment whose answer came after its caller was told "pending": recognised, and found. */
import type { JsonObject } from '@nats-bridge/protocol';
import { createWorker, type HandlerResponse } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Bridge,
  doubt,
  first,
  handleEvent,
  lateAnswersScene,
  parseEvent,
  type Received,
  recorded,
  refundRequest,
  SECRET,
  sync,
  TIMEOUT_MS,
} from './late-answers-scene.js';
import { authorizeRequest, money } from './stack-under-test.js';
import { until } from './until.js';

const { serverUrl, closeAfter, startBridge, startProcessor, startHyperswitch } = lateAnswersScene();

describe('an event that says it is from the bridge', () => {
  let bridge: Bridge;
  let genuine: Received;
  beforeEach(async () => {
    bridge = await startBridge();
    const hyperswitch = await startHyperswitch({});
    const processor = await startProcessor(
      {},
      {
        authorize: async () => {
          await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS + 100));
          return { status: 'success', transaction_id: 'real_att_1' };
        },
      },
    );
    await doubt(bridge, 'att_1', hyperswitch.url);
    genuine = await first(hyperswitch.received);
    await processor.stop();
  });
  const forged = (changes: JsonObject): JsonObject => ({
    ...genuine.details,
    body: Buffer.from(JSON.stringify({ ...genuine.event, ...changes })).toString('base64'),
  });

  it('is verified by either secret of the call, by header names in any case, and by nothing else', async () => {
    expect(await handleEvent(bridge.client, genuine.details, SECRET)).toMatchObject({
      source_verified: true,
    });
    const rotated = await bridge.call('EventService/HandleEvent', {
      request_details: genuine.details,
      webhook_secrets: { secret: 'new', additional_secret: SECRET },
    });
    expect(rotated).toMatchObject({ source_verified: true });
    const shouted = {
      ...genuine.details,
      headers: Object.fromEntries(
        Object.entries(genuine.headers).map(([name, value]) => [name.toUpperCase(), value]),
      ),
    };
    expect(await handleEvent(bridge.client, shouted, SECRET)).toMatchObject({ source_verified: true });
    for (const secret of ['wrong', '', 'default_secret', undefined])
      expect((await handleEvent(bridge.client, genuine.details, secret)).source_verified ?? false).toBe(
        false,
      );
  });

  it('gets nothing for a forged body: what is told stands in the ledger', async () => {
    const details = forged({ status: 'FAILURE', connector_transaction_id: 'mine' });
    expect(await parseEvent(bridge.client, details)).toMatchObject({ event_type: 'PAYMENT_INTENT_SUCCESS' });
    const handled = await handleEvent(bridge.client, details, SECRET);
    expect(handled.source_verified ?? false).toBe(false);
    expect(handled).toMatchObject({
      event_type: 'PAYMENT_INTENT_SUCCESS',
      event_content: { payments_response: { status: 'CHARGED', connector_transaction_id: 'real_att_1' } },
    });
  });

  it.each([
    ['an operation that never was', { idempotency_key: 'authorize:att_never' }],
    ['another merchant', { merchant_id: 'merchant_2' }],
    ['a key that is none', { idempotency_key: '*' }],
  ])('about %s is not supported, and has no content', async (_what, changes) => {
    expect(await parseEvent(bridge.client, forged(changes))).toEqual({});
    const handled = await handleEvent(bridge.client, forged(changes), SECRET);
    expect(handled).not.toHaveProperty('event_content');
    expect(handled.source_verified ?? false).toBe(false);
  });

  it.each([{ 'x-merchant-id': 'merchant_2' }, { 'x-tenant-id': 'eu' }])(
    "is not told to another merchant's account, nor to another tenant: %j",
    async (metadata) => {
      const handled = await handleEvent(bridge.client, genuine.details, SECRET, metadata);
      expect(handled).not.toHaveProperty('event_content');
    },
  );

  it('goes to the workers when it is not in the form of the bridge', async () => {
    const seen: string[] = [];
    const worker = createWorker({
      servers: serverUrl(),
      ackWaitMs: 1_000,
      handlers: {
        parse_webhook: () => {
          seen.push('parse');
          return { status: 'success', response: { event_type: 'ENDPOINT_VERIFICATION' } };
        },
      },
    });
    await worker.start();
    closeAfter(() => worker.stop());
    const { 'x-nats-bridge-event': _, ...headers } = genuine.headers;
    for (const details of [{ ...genuine.details, headers }, forged({ type: 'charge.updated' })])
      expect(await parseEvent(bridge.client, details)).toEqual({ event_type: 'ENDPOINT_VERIFICATION' });
    expect(seen).toEqual(['parse', 'parse']);
  });
});

const MANDATE = { connector_mandate_id: { connector_mandate_id: 'mandate_1' } };
const notKnown = (): HandlerResponse => ({
  status: 'failure',
  error: { code: 'resource_missing', message: 'There is no such payment' },
});

describe('asking after a late answer', () => {
  it('is answered from the ledger by any bridge when no worker is there', async () => {
    const earlier = await startBridge();
    const processor = await startProcessor();
    await doubt(earlier, 'att_1', 'http://127.0.0.1:9/');
    await doubt(earlier, 'att_2', 'http://127.0.0.1:9/', { capture_method: 'MANUAL' });
    const alias = 'bridge:authorize:att_1';
    await processor.stop(); // answers, and ends
    await earlier.close();
    const bridge = await startBridge();
    await recorded(bridge, 'authorize:att_1');
    await recorded(bridge, 'authorize:att_2');
    const wanted = { status: 'CHARGED', connector_transaction_id: 'real_att_1', status_code: 200 };
    expect(await sync(bridge, 'att_1', alias)).toMatchObject(wanted);
    expect(await sync(bridge, 'att_1', '')).toMatchObject(wanted);
    expect(await sync(bridge, 'att_2', 'bridge:authorize:att_2')).toMatchObject({ status: 'AUTHORIZED' });
    // Who has the processor's id has heard of the payment, and an old answer is none to him.
    expect(await sync(bridge, 'att_1', 'real_att_1')).not.toHaveProperty('status');
  });

  it('about a refund, too', async () => {
    const bridge = await startBridge();
    const processor = await startProcessor();
    await bridge.call('PaymentService/Refund', refundRequest('ref_1', 'http://127.0.0.1:9/'), 'ref_1');
    await processor.stop();
    await recorded(bridge, 'refund:ref_1');
    const asked = (refund_id: string) =>
      bridge.call(
        'RefundService/Get',
        { merchant_refund_id: 'ref_1', connector_transaction_id: 'pay_1', refund_id },
        'ref_1',
      );
    for (const id of ['bridge:refund:ref_1', ''])
      expect(await asked(id)).toMatchObject({ status: 'REFUND_SUCCESS', connector_refund_id: 'real_ref_1' });
  });

  it('is answered by the worker where it knows, and from the ledger where it does not', async () => {
    let answer: HandlerResponse = {
      status: 'failure',
      error: { code: 'resource_missing', message: 'There is no such payment' },
    };
    const bridge = await startBridge();
    const processor = await startProcessor({}, { sync: () => answer });
    await doubt(bridge, 'att_1', 'http://127.0.0.1:9/');
    const alias = 'bridge:authorize:att_1';
    // While it runs, that the processor does not know it yet is no failure.
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({
      status: 'PENDING',
      connector_transaction_id: alias,
    });
    processor.release();
    await recorded(bridge, 'authorize:att_1');
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'real_att_1',
    });
    answer = { status: 'success', transaction_id: 'real_att_1', attempt_status: 'VOIDED_POST_CAPTURE' };
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({ status: 'VOIDED_POST_CAPTURE' });
  });

  it('finds a charge whose bridge died before it could answer, under the alias that was given for its attempt', async () => {
    const earlier = await startBridge();
    const processor = await startProcessor({}, { sync: notKnown });
    const charge = {
      merchant_charge_id: 'att_1',
      connector_recurring_payment_id: MANDATE,
      amount: money(900),
    };
    const lost = earlier.call('RecurringPaymentService/Charge', charge, 'att_1').catch(() => undefined);
    await until('the processor has it', () => processor.executed.includes('charge:att_1') || undefined);
    const bridge = await startBridge();
    const alias = 'bridge:authorize:att_1';
    for (const id of ['', alias])
      expect(await sync(bridge, 'att_1', id)).toMatchObject({
        status: 'PENDING',
        connector_transaction_id: alias,
      });
    processor.release();
    await recorded(bridge, 'charge:att_1');
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'real_att_1',
    });
    await lost;
  });

  it('is pending about what waits and nobody has begun, and what the worker says about what never came', async () => {
    const bridge = await startBridge({}, { timeouts: { authorize: 20_000 } });
    const busy = await startProcessor({}, {}, 1);
    const asked = createWorker({ servers: serverUrl(), handlers: { sync: notKnown } });
    await asked.start();
    closeAfter(() => asked.stop());
    const calls = ['att_1', 'att_2'].map((attempt) =>
      bridge.call('PaymentService/Authorize', authorizeRequest(attempt, {}), attempt),
    );
    const nats = await connect({ servers: serverUrl() });
    closeAfter(() => nats.close());
    const manager = await jetstreamManager(nats);
    await until('both are stored', async () =>
      (await manager.streams.info('PAYMENTS')).state.last_seq >= 2 ? true : undefined,
    );
    await until('one is in hand', () => (busy.executed.length === 1 ? true : undefined));
    const waiting = busy.executed[0] === 'authorize:att_1' ? 'att_2' : 'att_1';
    for (const id of ['', `bridge:authorize:${waiting}`])
      expect(await sync(bridge, waiting, id)).toMatchObject({
        status: 'PENDING',
        connector_transaction_id: `bridge:authorize:${waiting}`,
      });
    expect(await sync(bridge, 'att_never', '')).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'resource_missing' } },
    });
    expect(busy.executed).toHaveLength(1);
    busy.release();
    expect(await Promise.all(calls)).toMatchObject([{ status: 'CHARGED' }, { status: 'CHARGED' }]);
  });

  it('is not answered with an authorization that was voided or captured since', async () => {
    const bridge = await startBridge();
    const processor = await startProcessor(
      {},
      {
        void: () => ({ status: 'success', transaction_id: 'real_att_1' }),
        sync: () => ({ status: 'success', transaction_id: 'real_att_1', attempt_status: 'VOIDED' }),
      },
    );
    const hyperswitch = await startHyperswitch({ statuses: [] });
    await doubt(bridge, 'att_1', hyperswitch.url, { capture_method: 'MANUAL' });
    processor.release();
    const { details, event } = await first(hyperswitch.received);
    expect(event.status).toBe('AUTHORIZED');
    await bridge.call(
      'PaymentService/Void',
      { merchant_void_id: 'att_1', connector_transaction_id: 'real_att_1' },
      'att_1',
    );
    // The same event once more, as when its first acknowledgement was lost.
    expect(await handleEvent(bridge.client, details, SECRET)).toMatchObject({
      event_type: 'PAYMENT_INTENT_CANCELLED',
      event_content: { payments_response: { status: 'VOIDED' } },
    });
    await processor.stop();
    expect(await sync(bridge, 'att_1', 'bridge:authorize:att_1')).not.toHaveProperty('status');
    // While nobody can say how it stands, it is not vouched for: Hyperswitch asks by itself.
    expect(await handleEvent(bridge.client, details, SECRET)).not.toHaveProperty('source_verified', true);
  });

  it.each([
    [
      'waits for the customer',
      { redirection: { uri: { uri: 'https://bank.example/' } } },
      'AUTHENTICATION_PENDING',
    ],
    ['is being processed', {}, 'PENDING'],
  ])('is not told to be where it was when it %s, once it went on', async (_where, changes, status) => {
    const bridge = await startBridge();
    let now = 'CHARGED';
    const processor = await startProcessor(
      { status: 'processing', ...changes },
      {
        sync: () => ({ status: 'success', transaction_id: 'real_att_1', attempt_status: now }),
      },
    );
    const hyperswitch = await startHyperswitch({});
    await doubt(bridge, 'att_1', hyperswitch.url);
    processor.release();
    const { details, event } = await first(hyperswitch.received);
    expect(event.status).toBe(status);
    // Hyperswitch was away for so long, or its first acknowledgement was lost.
    const handled = () => handleEvent(bridge.client, details, SECRET);
    expect(await handled()).toMatchObject({
      source_verified: true,
      event_content: { payments_response: { status: 'CHARGED' } },
    });
    now = status;
    expect(await handled()).toMatchObject({
      source_verified: true,
      event_content: { payments_response: { status } },
    });
    await processor.stop();
    expect(await handled()).not.toHaveProperty('source_verified', true);
  });
});
