import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { card, intent, money, paymentMethod, searchResult, stripeError } from '../testing/stripe-objects.js';
import { RetryLater } from './retry-later.js';

const CREATE = 'POST /v1/payment_intents';
const SEARCH = { 'GET /v1/payment_intents/search': { body: searchResult() } };
const METHOD = { 'POST /v1/payment_methods': { body: paymentMethod }, ...SEARCH };
const REQUEST = { amount: money(1_250), payment_method: card };
const QUESTION = { connector_transaction_id: 'pi_1' };

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

const creations = () => stripe.sent.filter(({ call }) => call === CREATE);
const authorize = (changes = {}) => stripe.run('authorize', REQUEST, changes);

describe('a call to Stripe', () => {
  it('carries the key, the version and the idempotency key of its request', async () => {
    stripe.script({ ...METHOD, [CREATE]: { body: intent() } });
    expect(await authorize()).toMatchObject({ status: 'success' });
    expect(creations()[0]?.headers).toMatchObject({
      authorization: `Bearer ${API_KEY}`,
      'stripe-version': '2026-10-28.endive',
      'idempotency-key': 'm_1:authorize:att_1',
    });
    expect(stripe.sent[0]?.headers['idempotency-key']).toBe('m_1:authorize:att_1:payment_method');
  });

  it.each([
    ['a conflict', stripeError(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' })],
    ['a lock', stripeError(429, { code: 'lock_timeout' }, { 'stripe-should-retry': 'true' })],
    ['a lost answer', 'reset' as const],
    ['an error of Stripe', stripeError(503, { type: 'api_error' })],
  ])('is repeated under the same key after %s', async (_what, first) => {
    stripe.script({ ...METHOD, [CREATE]: [first, { body: intent() }] });
    expect(await authorize()).toMatchObject({ status: 'success', transaction_id: 'pi_1' });
    const keys = creations().map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['m_1:authorize:att_1', 'm_1:authorize:att_1']);
  });

  it.each([
    ['409', stripeError(409, { code: 'idempotency_key_in_use' })],
    ['429 lock_timeout', stripeError(429, { code: 'lock_timeout' })],
    ['429 rate_limit', stripeError(429, { code: 'rate_limit' })],
    ['400 rate_limit', stripeError(400, { code: 'rate_limit' })],
    ['424', stripeError(424, { type: 'api_error' })],
    ['500', stripeError(500, { type: 'api_error' }, { 'stripe-should-retry': 'false' })],
  ])('is delivered again when Stripe keeps saying %s', async (_what, answer) => {
    stripe.script({ ...METHOD, [CREATE]: answer });
    await expect(authorize()).rejects.toThrow(RetryLater);
  });

  it('is delivered again when Stripe cannot be reached: nothing was sent', async () => {
    const closed = await startScriptedStripe();
    await closed.close();
    const request = { connector_transaction_id: 'pi_1', amount_to_capture: money(1) };
    const capture = stripe.run('capture', request, { apiUrl: closed.url });
    await expect(capture).rejects.toMatchObject({ name: 'RetryLater', code: 'ECONNREFUSED' });
  });

  it('is in doubt, never failed, when a second delivery meets an error of Stripe', async () => {
    const answer = stripeError(500, { type: 'api_error' }, { 'stripe-should-retry': 'false' });
    stripe.script({ ...METHOD, [CREATE]: answer });
    const response = await authorize({ attempt: 2 });
    expect(response).toMatchObject({ status: 'processing' });
    expect(response).not.toHaveProperty('error');
  });

  it.each([
    ['no answer comes', 'silence' as const],
    ['the connection is lost each time', 'reset' as const],
  ])('is in doubt, never failed, when %s; and that within the deadline', async (_what, answer) => {
    stripe.script({ ...METHOD, [CREATE]: answer });
    const deadlineInMs = 3_000;
    const startedAt = Date.now();
    const response = await authorize({ deadlineInMs });
    expect(response).toMatchObject({ status: 'processing' });
    expect(response).not.toHaveProperty('error');
    expect(Date.now() - startedAt).toBeLessThan(deadlineInMs);
  });

  it('is no doubt, but another delivery, when an answer is lost before the payment was begun', async () => {
    stripe.script({ 'POST /v1/payment_methods': 'silence' });
    await expect(authorize({ deadlineInMs: 1_500 })).rejects.toThrow(RetryLater);
    expect(creations()).toHaveLength(0);
  });

  it('is in doubt when the key was used for another request', async () => {
    stripe.script({ ...METHOD, [CREATE]: stripeError(400, { type: 'idempotency_error' }) });
    expect(await authorize()).toMatchObject({ status: 'processing' });
  });

  it('asks again when a question is not answered', async () => {
    stripe.script({ 'GET /v1/payment_intents/pi_1': 'silence' });
    await expect(stripe.run('sync', QUESTION, { deadlineInMs: 1_500 })).rejects.toThrow(RetryLater);
  });

  it('leaves the status of a payment alone when a question is refused', async () => {
    const unauthorized = stripeError(401, { message: `Invalid API Key provided: ${API_KEY}` });
    stripe.script({ 'GET /v1/payment_intents/pi_1': unauthorized, 'GET /v1/refunds/re_1': unauthorized });
    const payment = await stripe.run('sync', QUESTION);
    expect(payment).toMatchObject({
      status: 'failure',
      attempt_status: 'PAYMENT_STATUS_UNSPECIFIED',
      error: { code: 'authentication_error' },
    });
    // With an error, Hyperswitch would take the refund as failed.
    const refund = await stripe.run('refund_sync', { refund_id: 're_1' });
    expect(refund).toMatchObject({ status: 'processing', refund_status: 'REFUND_STATUS_UNSPECIFIED' });
    expect(refund).not.toHaveProperty('error');
    expect(JSON.stringify([payment, refund])).not.toContain(API_KEY);
  });

  it.each([401, 403, 400])('says nothing of the key when Stripe refuses with %i', async (status) => {
    const message = `The key ${API_KEY} may not; card 4242424242424242`;
    stripe.script({ ...METHOD, [CREATE]: stripeError(status, { message }) });
    const response = await authorize();
    expect(response.status).toBe('failure');
    expect(JSON.stringify(response)).not.toMatch(/sk_test_|4242424242424242/);
  });

  const refusals = (status: number) => stripeError(status, { message: 'No' });
  const capture = (changes = {}) =>
    stripe.run('capture', { connector_transaction_id: 'pi_1', amount_to_capture: money(1) }, changes);

  it.each([401, 403])(
    'is in doubt when a second delivery is refused with %i, before its key counts',
    async (status) => {
      stripe.script({
        ...METHOD,
        [CREATE]: refusals(status),
        'POST /v1/payment_intents/pi_1/capture': refusals(status),
      });
      for (const response of [await authorize({ attempt: 2 }), await capture({ attempt: 2 })]) {
        expect(response).toMatchObject({
          status: 'processing',
          connector_response: { reason: `http_${status}` },
        });
        expect(response).not.toHaveProperty('error');
      }
      stripe.script({ ...SEARCH, 'POST /v1/payment_methods': refusals(status) });
      expect(await authorize({ attempt: 2 })).toMatchObject({ status: 'processing' });
    },
  );

  it('is in doubt when what a second delivery reads first is gone: the first may have found it', async () => {
    stripe.script({ ...SEARCH, 'GET /v1/payment_methods/pm_1': refusals(404) });
    const mandate = {
      connector_recurring_payment_id: { connector_mandate_id: { connector_mandate_id: 'pm_1' } },
      amount: money(900),
    };
    expect(await stripe.run('charge', mandate, { attempt: 2 })).toMatchObject({ status: 'processing' });
    expect(await stripe.run('charge', mandate)).toMatchObject({ status: 'failure' });
  });

  it.each([{ ageHours: 48 }, { attempt: 2 }])(
    'is in doubt when Stripe does not let it look for what may have been done under a forgotten key: %j',
    async (changes) => {
      stripe.script({
        ...METHOD,
        'GET /v1/payment_intents/search': refusals(400),
        [CREATE]: { body: intent() },
      });
      expect(await authorize(changes)).toMatchObject({ status: 'processing' });
      expect(creations()).toHaveLength(0);
    },
  );

  it.each([{ ageHours: 48 }, { attempt: 2 }])(
    'is in doubt when a step is refused whose key may be forgotten, and there is nothing to look for: %j',
    async (changes) => {
      stripe.script({
        'POST /v1/customers': { body: { id: 'cus_1', object: 'customer' } },
        'POST /v1/payment_methods': refusals(402),
      });
      const mandate = { ...REQUEST, amount: money(0) };
      expect(await stripe.run('setup_mandate', mandate, changes)).toMatchObject({ status: 'processing' });
    },
  );

  it.each([400, 402])(
    'has failed when a second delivery finds nothing and gets %i under its key: so did the first',
    async (status) => {
      stripe.script({ ...METHOD, [CREATE]: refusals(status) });
      expect(await authorize({ attempt: 2 })).toMatchObject({ status: 'failure' });
      stripe.script({ ...SEARCH, 'POST /v1/payment_methods': refusals(status) });
      expect(await authorize({ attempt: 2 })).toMatchObject({ status: 'failure' });
    },
  );

  it('sends nothing without a key', async () => {
    stripe.script({});
    expect(await authorize({ auth: { auth_type: 'NoKey' } })).toMatchObject({
      status: 'failure',
      error: { code: 'missing_credentials' },
    });
    expect(stripe.sent).toHaveLength(0);
  });
});
