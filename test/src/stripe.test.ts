/** Stripe behind the bridge: gRPC, NATS, the worker as its own process, and localstripe, a Stripe server with a memory. */
import type { JsonObject } from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { superviseCli } from './cli-process.js';
import { type Localstripe, startLocalstripe } from './localstripe.js';
import {
  authorizeRequest,
  cardDetails,
  MERCHANT,
  money,
  type Stack,
  startStack,
} from './stack-under-test.js';
import { until } from './until.js';
import { openWebhookInbox } from './webhook-inbox.js';

/** What localstripe makes of a card number: declined when charged, or authentication first. */
const DECLINED = '4000000000000341';
const DECLINED_AT_ONCE = '4000000000000002';
const NEEDS_3DS = '4000000000003220';

const KEY = 'sk_test_localstripe';
const PI = expect.stringMatching(/^pi_\w+$/);

describe('Stripe behind the bridge', () => {
  let stack: Stack;
  let stripe: Localstripe;
  let worker: Awaited<ReturnType<typeof superviseCli>>;
  let count = 0;
  const next = (kind = 'att') => `${kind}_stripe_${++count}`;

  beforeAll(async () => {
    [stack, stripe] = await Promise.all([startStack({ sandbox: false }), startLocalstripe()]);
    worker = await superviseCli(
      ['worker', 'stripe', '--nats', stack.server.url, '--stripe-url', stripe.url, '--json'],
      {},
      '"started"',
    );
  });
  afterAll(async () => {
    await worker?.stop();
    await stack?.close();
    await stripe?.close();
  });

  const call = (method: string, request: JsonObject, resource?: string, metadata = {}) =>
    stack.call(method, request, resource, { 'x-connector': 'stripe', 'x-api-key': KEY, ...metadata });

  async function authorize(changes: JsonObject = {}, number = '4242424242424242', attempt = next()) {
    const request = authorizeRequest(attempt, changes, number);
    const answer = await call('PaymentService/Authorize', request, attempt);
    return { answer, attempt, id: String(answer.connector_transaction_id) };
  }
  const capture = (attempt: string, id: string, amount: number) =>
    call(
      'PaymentService/Capture',
      { merchant_capture_id: attempt, connector_transaction_id: id, amount_to_capture: money(amount) },
      attempt,
      { 'x-request-id': next('req') },
    );
  const sync = (attempt: string, id: string) =>
    call('PaymentService/Get', { merchant_transaction_id: attempt, connector_transaction_id: id }, attempt);
  const refund = (id: string, amount: number, refundId = next('ref')) =>
    call(
      'PaymentService/Refund',
      {
        merchant_refund_id: refundId,
        connector_transaction_id: id,
        payment_amount: 1_250,
        refund_amount: money(amount),
      },
      refundId,
    );
  const refundSync = (refundId: string, fields: JsonObject) =>
    call('RefundService/Get', { merchant_refund_id: refundId, ...fields }, refundId);
  const sentFor = (key: string) =>
    stripe.requests.filter(({ headers }) => headers['idempotency-key'] === key);

  it('authorizes and charges at once, under the key of the request', async () => {
    const { answer, attempt, id } = await authorize({ metadata: '{"order":"o_1"}' });
    expect(answer).toMatchObject({
      merchant_transaction_id: attempt,
      connector_transaction_id: PI,
      status: 'CHARGED',
      status_code: 200,
    });
    expect(answer).not.toHaveProperty('error');
    const [sent, ...more] = sentFor(`${MERCHANT}:authorize:${attempt}`);
    expect(more).toHaveLength(0);
    expect(sent).toMatchObject({ method: 'POST', path: '/v1/payment_intents' });
    expect(sent?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'stripe-version': '2026-10-28.endive',
    });
    expect(sentFor(`${MERCHANT}:authorize:${attempt}:payment_method`)).toHaveLength(1);
    expect(await stripe.ask('GET', `/v1/payment_intents/${id}`)).toMatchObject({
      status: 'succeeded',
      amount: 1_250,
      currency: 'eur',
      metadata: { attempt_id: attempt, merchant_id: MERCHANT, payment_id: `pay_of_${attempt}`, order: 'o_1' },
    });
    expect(JSON.stringify(answer)).not.toMatch(/client_secret|4242424242424242|_secret_/);
  });

  it('says in the record how much of its time was Stripe’s', async () => {
    const { attempt } = await authorize();
    const manager = await jetstreamManager(await stack.nats());
    const stored = await manager.streams.getMessage('OPERATIONS', {
      last_by_subj: `hyperswitch.operations.${MERCHANT}.authorize.${attempt}`,
    });
    const msOf = (name: string) => Number(stored?.header.get(name));
    expect(msOf('X-Processor-Ms')).toBeGreaterThan(0);
    expect(msOf('X-Processor-Ms')).toBeLessThan(msOf('X-Handler-Ms'));
  });

  it('authorizes, captures, refunds and syncs one payment', async () => {
    const { answer, attempt, id } = await authorize({ capture_method: 'MANUAL' });
    expect(answer).toMatchObject({ status: 'AUTHORIZED', connector_transaction_id: PI });
    expect(answer).not.toHaveProperty('captured_amount');
    expect(await sync(attempt, id)).toMatchObject({ status: 'AUTHORIZED' });
    expect(await capture(attempt, id, 1_250)).toMatchObject({
      connector_transaction_id: id,
      status: 'CHARGED',
      captured_amount: 1_250,
    });
    expect(await sync(attempt, id)).toMatchObject({ connector_transaction_id: id, status: 'CHARGED' });
    const refundId = next('ref');
    const refunded = await refund(id, 1_250, refundId);
    expect(refunded).toMatchObject({
      merchant_refund_id: refundId,
      connector_refund_id: expect.stringMatching(/^re_\w+$/),
      connector_transaction_id: id,
      status: 'REFUND_SUCCESS',
      refund_amount: money(1_250),
    });
    expect(
      await refundSync(refundId, {
        connector_transaction_id: id,
        refund_id: String(refunded.connector_refund_id),
      }),
    ).toMatchObject({ connector_refund_id: refunded.connector_refund_id, status: 'REFUND_SUCCESS' });
  });

  it('captures a part, of which Stripe releases the rest', async () => {
    const { attempt, id } = await authorize({ capture_method: 'MANUAL' });
    expect(await capture(attempt, id, 1_000)).toMatchObject({
      status: 'PARTIAL_CHARGED',
      captured_amount: 1_000,
    });
    expect(await stripe.ask('GET', `/v1/refunds?payment_intent=${id}`)).toMatchObject({
      data: [{ amount: 250 }],
    });
    expect(await capture(attempt, id, 250)).toMatchObject({ status: 'CAPTURE_FAILED', status_code: 400 });
  });

  it('refuses to capture more than was authorized', async () => {
    const { attempt, id } = await authorize({ capture_method: 'MANUAL' });
    expect(await capture(attempt, id, 1_251)).toMatchObject({
      status: 'CAPTURE_FAILED',
      error: { connector_details: { code: 'invalid_request_error', message: 'Bad request' } },
    });
    expect(await sync(attempt, id)).toMatchObject({ status: 'AUTHORIZED' });
  });

  it('voids an authorization, which can then not be captured', async () => {
    const { attempt, id } = await authorize({ capture_method: 'MANUAL' });
    const request = { merchant_void_id: attempt, connector_transaction_id: id };
    expect(await call('PaymentService/Void', request, attempt)).toMatchObject({
      merchant_void_id: attempt,
      connector_transaction_id: id,
      status: 'VOIDED',
      status_code: 200,
    });
    expect(await sync(attempt, id)).toMatchObject({ status: 'VOIDED' });
  });

  it('refunds in parts, each under its own key, and finds one by its merchant id', async () => {
    const { id } = await authorize();
    const [first, second] = [next('ref'), next('ref')];
    const one = await refund(id, 400, first);
    const other = await refund(id, 850, second);
    expect([one.status, other.status]).toEqual(['REFUND_SUCCESS', 'REFUND_SUCCESS']);
    expect(one.connector_refund_id).not.toBe(other.connector_refund_id);
    expect((await refund(id, 400, first)).connector_refund_id).toBe(one.connector_refund_id);
    expect(sentFor(`${MERCHANT}:refund:${first}`)).toHaveLength(1);
    expect(await stripe.ask('GET', `/v1/refunds?payment_intent=${id}`)).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ amount: 400, metadata: expect.objectContaining({ refund_id: first }) }),
        expect.objectContaining({ amount: 850, metadata: expect.objectContaining({ refund_id: second }) }),
      ]),
      total_count: 2,
    });
    // As after an answer that was lost: the bridge has an alias only.
    expect(
      await refundSync(second, { connector_transaction_id: id, refund_id: 'bridge:unknown' }),
    ).toMatchObject({ connector_refund_id: other.connector_refund_id, status: 'REFUND_SUCCESS' });
  });

  it('declines with code and message, and nothing of the card', async () => {
    const { answer, attempt } = await authorize({}, DECLINED);
    expect(answer).toMatchObject({
      merchant_transaction_id: attempt,
      status: 'FAILURE',
      status_code: 400,
      error: {
        connector_details: {
          code: 'card_declined',
          message: 'Your card was declined.',
          reason: 'Your card was declined.',
        },
      },
    });
    expect(JSON.stringify(answer)).not.toContain(DECLINED);
  });

  it('lets the customer authenticate, and completes what came back', async () => {
    const { answer, attempt, id } = await authorize({ auth_type: 'THREE_DS' }, NEEDS_3DS);
    expect(answer).toMatchObject({ status: 'AUTHENTICATION_PENDING', connector_transaction_id: PI });
    expect(await sync(attempt, id)).toMatchObject({ status: 'AUTHENTICATION_PENDING' });
    const { client_secret } = await stripe.ask('GET', `/v1/payment_intents/${id}`);
    await stripe.ask('POST', `/v1/payment_intents/${id}/_authenticate`, {
      client_secret: String(client_secret),
      success: 'true',
    });
    const completed = await authorize(
      {
        redirection_response: { params: `payment_intent=${id}&redirect_status=succeeded`, payload: {} },
        connector_feature_data: String(answer.connector_feature_data),
      },
      NEEDS_3DS,
      attempt,
    );
    expect(completed.answer).toMatchObject({ status: 'CHARGED', connector_transaction_id: id });
    const intents = stripe.requests.filter(
      ({ method, path, form }) =>
        method === 'POST' && path === '/v1/payment_intents' && form.get('metadata[attempt_id]') === attempt,
    );
    expect(intents).toHaveLength(1);
  });

  it('says that the customer failed to authenticate', async () => {
    const { answer, attempt, id } = await authorize({ auth_type: 'THREE_DS' }, NEEDS_3DS);
    const { client_secret } = await stripe.ask('GET', `/v1/payment_intents/${id}`);
    await stripe.ask('POST', `/v1/payment_intents/${id}/_authenticate`, {
      client_secret: String(client_secret),
      success: 'false',
    });
    const failed = {
      status: 'AUTHENTICATION_FAILED',
      error: { connector_details: { code: 'payment_intent_authentication_failure' } },
    };
    expect(await sync(attempt, id)).toMatchObject(failed);
    const completed = await authorize(
      {
        redirection_response: { params: '', payload: {} },
        connector_feature_data: String(answer.connector_feature_data),
      },
      NEEDS_3DS,
      attempt,
    );
    expect(completed.answer).toMatchObject(failed);
  });

  it("completes no other attempt's payment, whatever the browser brings back", async () => {
    const { id } = await authorize();
    const { answer } = await authorize({
      redirection_response: { params: `payment_intent=${id}`, payload: {} },
    });
    expect(answer).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'resource_missing' } },
    });
  });

  it('reports a SEPA debit as processing, and as failed once the bank has refused it', async () => {
    const { answer, attempt, id } = await authorize({
      payment_method: { sepa: { iban: 'DE62370400440532013001', bank_account_holder_name: 'Jo Doe' } },
    });
    expect(answer).toMatchObject({ status: 'PENDING', connector_transaction_id: PI });
    expect(answer).not.toHaveProperty('error');
    const settled = await until('the bank to refuse', async () => {
      const now = await sync(attempt, id);
      return now.status === 'PENDING' ? undefined : now;
    });
    expect(settled).toMatchObject({
      connector_transaction_id: id,
      status: 'FAILURE',
      error: { connector_details: { code: 'card_declined' } },
    });
  });

  it('sets up a mandate, charges it off session, revokes it', async () => {
    const attempt = next();
    const setup = await call(
      'PaymentService/SetupRecurring',
      {
        merchant_recurring_payment_id: attempt,
        amount: money(0),
        payment_method: { card: cardDetails('4242424242424242') },
        setup_future_usage: 'OFF_SESSION',
        customer: { name: 'Jo Doe', email: 'jo@example.com' },
      },
      attempt,
    );
    expect(setup).toMatchObject({
      connector_recurring_payment_id: expect.stringMatching(/^seti_\w+$/),
      status: 'CHARGED',
      status_code: 200,
      state: { connector_customer_id: expect.stringMatching(/^cus_\w+$/) },
    });
    expect(await sync(attempt, String(setup.connector_recurring_payment_id))).toMatchObject({
      status: 'CHARGED',
    });
    const reference = setup.mandate_reference as JsonObject;
    const mandate = reference.connector_mandate_id as { connector_mandate_id: string };
    expect(mandate.connector_mandate_id).toMatch(/^pm_\w+$/);
    const charged = next();
    const charge = await call(
      'RecurringPaymentService/Charge',
      {
        merchant_charge_id: charged,
        connector_recurring_payment_id: reference,
        amount: money(900),
        state: setup.state as JsonObject,
      },
      charged,
    );
    expect(charge).toMatchObject({
      merchant_charge_id: charged,
      connector_transaction_id: PI,
      status: 'CHARGED',
      mandate_reference: reference,
    });
    const [sent] = sentFor(`${MERCHANT}:charge:${charged}`);
    expect(sent?.form.get('off_session')).toBe('true');
    expect(sent?.form.get('customer')).toBe((setup.state as JsonObject).connector_customer_id);
    const revoke = next('revoke');
    expect(
      await call(
        'RecurringPaymentService/Revoke',
        {
          merchant_revoke_id: revoke,
          mandate_id: mandate.connector_mandate_id,
          connector_mandate_id: mandate.connector_mandate_id,
        },
        revoke,
      ),
    ).toMatchObject({ status: 'REVOKED', status_code: 200 });
    const path = `/v1/payment_methods/${mandate.connector_mandate_id}`;
    expect(stripe.requests.map((request) => request.path)).toContain(`${path}/detach`);
  });

  it('sets up no mandate with a card that is declined', async () => {
    const attempt = next();
    expect(
      await call(
        'PaymentService/SetupRecurring',
        {
          merchant_recurring_payment_id: attempt,
          amount: money(0),
          payment_method: { card: cardDetails(DECLINED_AT_ONCE) },
        },
        attempt,
      ),
    ).toMatchObject({ status: 'FAILURE', error: { connector_details: { code: 'card_declined' } } });
  });

  it('tokenizes a card and pays with the token', async () => {
    const token = await call('PaymentMethodService/Tokenize', {
      merchant_payment_method_id: 'pm_1',
      amount: money(700),
      payment_method: { card: cardDetails('4242424242424242') },
    });
    const connector_token = String(token.payment_method_token);
    expect(connector_token).toMatch(/^pm_\w+$/);
    const attempt = next();
    expect(
      await call(
        'PaymentService/TokenAuthorize',
        {
          merchant_transaction_id: attempt,
          amount: money(700),
          connector_token,
          capture_method: 'AUTOMATIC',
        },
        attempt,
      ),
    ).toMatchObject({ status: 'CHARGED', connector_transaction_id: PI });
    expect(
      await call('PaymentMethodService/Get', { connector_payment_method_id: connector_token }),
    ).toMatchObject({ connector_payment_method_id: connector_token, status_code: 200 });
  });

  it("opens a session with the payment's client secret", async () => {
    const answer = await call('MerchantAuthenticationService/CreateClientAuthenticationToken', {
      merchant_client_session_id: 's_1',
      payment: { amount: money(1_250) },
    });
    const { connector_specific } = answer.session_data as {
      connector_specific: { stripe: { client_secret: string } };
    };
    const { client_secret } = connector_specific.stripe;
    expect(client_secret).toMatch(/^pi_\w+_secret_\w+$/);
    expect(
      await stripe.ask('GET', `/v1/payment_intents/${client_secret.split('_secret_')[0]}`),
    ).toMatchObject({
      client_secret,
      amount: 1_250,
      status: 'requires_payment_method',
    });
  });

  it('creates customers and finds them again', async () => {
    const created = await call('CustomerService/Create', {
      merchant_customer_id: 'cus_1',
      customer_name: 'Jo Doe',
      email: 'jo.doe@example.com',
    });
    const connector_customer_id = String(created.connector_customer_id);
    expect(connector_customer_id).toMatch(/^cus_\w+$/);
    const customer = { id: 'cus_1', name: 'Jo Doe', email: 'jo.doe@example.com', connector_customer_id };
    const ask = (fields: JsonObject) =>
      call('CustomerService/Get', { merchant_customer_id: 'cus_1', ...fields });
    expect(await ask({ connector_customer_id })).toMatchObject({
      lookup_status: 'CUSTOMER_LOOKUP_STATUS_FOUND',
      customer,
    });
    expect(await ask({ email: 'jo.doe@example.com' })).toMatchObject({ customer });
    expect(await ask({ connector_customer_id: 'cus_nobody' })).toMatchObject({
      lookup_status: 'CUSTOMER_LOOKUP_STATUS_NOT_FOUND',
    });
  });

  it('charges once when an answer was lost: the SDK repeats the call under its key', async () => {
    const attempt = next();
    stripe.loseAnswersOf(/^\/v1\/payment_intents$/, 1);
    const { answer, id } = await authorize({}, '4242424242424242', attempt);
    expect(answer).toMatchObject({ status: 'CHARGED' });
    expect(sentFor(`${MERCHANT}:authorize:${attempt}`)).toHaveLength(2);
    expect(await chargesOf(attempt)).toEqual([id]);
  });

  it('says pending, never failed, when no answer comes back', async () => {
    const attempt = next();
    stripe.loseAnswersOf(/^\/v1\/payment_intents$/, 100);
    const { answer } = await authorize({}, '4242424242424242', attempt);
    stripe.loseAnswersOf(/^never$/, 0);
    expect(answer).toMatchObject({
      status: 'PENDING',
      status_code: 200,
      connector_transaction_id: `bridge:authorize:${attempt}`,
    });
    expect(answer).not.toHaveProperty('error');
    expect(await chargesOf(attempt)).toHaveLength(1);
  });

  it('understands a webhook that localstripe signed, and believes no other', async () => {
    const inbox = await openWebhookInbox();
    try {
      await stripe.ask('POST', '/_config/webhooks/test', {
        url: inbox.url,
        secret: 'whsec_localstripe',
        'events[]': 'payment_intent.succeeded',
      });
      const { attempt, id } = await authorize();
      const webhook = await until('the webhook of the payment', () =>
        inbox.received.find(({ body }) => body.includes(id)),
      );
      const details = (body: Buffer) => ({
        method: 'HTTP_METHOD_POST',
        uri: '/webhooks',
        headers: { 'Stripe-Signature': String(webhook.headers['stripe-signature']) },
        body: body.toString('base64'),
      });
      expect(
        await call('EventService/ParseEvent', { request_details: details(webhook.body) }, undefined, {
          'x-auth': 'NoKey',
        }),
      ).toEqual({
        event_type: 'PAYMENT_INTENT_SUCCESS',
        reference: { payment: { connector_transaction_id: id, merchant_transaction_id: attempt } },
      });
      const handle = (secret: string, body = webhook.body) =>
        call('EventService/HandleEvent', {
          merchant_event_id: 'evt_1',
          request_details: details(body),
          webhook_secrets: { secret },
        });
      expect(await handle('whsec_localstripe')).toMatchObject({
        event_type: 'PAYMENT_INTENT_SUCCESS',
        source_verified: true,
        event_content: { payments_response: { connector_transaction_id: id, status: 'CHARGED' } },
      });
      const altered = Buffer.from(webhook.body.toString().replaceAll(id, 'pi_other'));
      for (const refused of [await handle('whsec_guessed'), await handle('whsec_localstripe', altered)]) {
        expect(refused.source_verified ?? false).toBe(false);
        expect(JSON.stringify(refused)).not.toContain('CHARGED');
      }
    } finally {
      await inbox.close();
    }
  });

  it('refuses a key that Stripe does not know, without saying it', async () => {
    const attempt = next();
    const answer = await call('PaymentService/Authorize', authorizeRequest(attempt), attempt, {
      'x-api-key': 'not_a_key_of_stripe',
    });
    expect(answer).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'authentication_error' } },
    });
    expect(JSON.stringify(answer)).not.toContain('not_a_key_of_stripe');
  });

  async function chargesOf(attempt: string): Promise<string[]> {
    const { data } = (await stripe.ask('GET', '/v1/payment_intents?limit=100')) as {
      data: { id: string; metadata: Record<string, string> }[];
    };
    return data.filter(({ metadata }) => metadata.attempt_id === attempt).map(({ id }) => id);
  }
});
