import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { intent, money, stripeError } from '../testing/stripe-objects.js';

const CAPTURE = 'POST /v1/payment_intents/pi_1/capture';
const CANCEL = 'POST /v1/payment_intents/pi_1/cancel';
const INCREMENT = 'POST /v1/payment_intents/pi_1/increment_authorization';
const captureOf = (amount: number, more = {}) => ({
  connector_transaction_id: 'pi_1',
  amount_to_capture: money(amount),
  ...more,
});
const unexpected = (payment_intent: object) =>
  stripeError(400, { code: 'payment_intent_unexpected_state', payment_intent });

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

describe('capture at Stripe', () => {
  it('captures a part, and says so', async () => {
    stripe.script({ [CAPTURE]: { body: intent({ amount_received: 1_000 }) } });
    expect(await stripe.run('capture', captureOf(1_000))).toMatchObject({
      status: 'success',
      attempt_status: 'PARTIAL_CHARGED',
      amount_captured: 1_000,
    });
    expect(stripe.sent[0]?.form).toEqual({ amount_to_capture: '1000', 'expand[0]': 'latest_charge' });
    expect(stripe.sent[0]?.headers['idempotency-key']).toBe('m_1:capture:att_1');
  });

  it('captures one of several, and leaves the rest authorized', async () => {
    stripe.script({ [CAPTURE]: { body: intent({ status: 'requires_capture', amount_received: 500 }) } });
    const several = { multiple_capture_data: { capture_sequence: 1, capture_reference: 'c_1' } };
    expect(await stripe.run('capture', captureOf(500, several))).toMatchObject({
      status: 'success',
      attempt_status: 'PARTIAL_CHARGED_AND_CHARGEABLE',
      amount_captured: 500,
    });
    expect(stripe.sent[0]?.form).toMatchObject({ final_capture: 'false' });
  });

  it('is not failed when it was done already, by a call whose answer was lost', async () => {
    stripe.script({ [CAPTURE]: unexpected(intent()) });
    expect(await stripe.run('capture', captureOf(1_250))).toMatchObject({
      status: 'success',
      attempt_status: 'CHARGED',
      amount_captured: 1_250,
    });
  });

  it.each([
    ['another amount was captured', intent({ amount_received: 1_000 }), {}],
    ['it was voided', intent({ status: 'canceled', amount_received: 0 }), {}],
    ['it is one of several', intent(), { capture_method: 'MANUAL_MULTIPLE' }],
  ])('is refused when %s', async (_what, state, more) => {
    stripe.script({ [CAPTURE]: unexpected(state) });
    expect(await stripe.run('capture', captureOf(1_250, more))).toMatchObject({
      status: 'failure',
      transaction_id: 'pi_1',
      error: { code: 'payment_intent_unexpected_state' },
    });
  });

  describe('one of several, of which an earlier attempt may have been a day ago', () => {
    const GET = 'GET /v1/payment_intents/pi_1';
    const one = captureOf(500, { capture_method: 'MANUAL_MULTIPLE' });
    const captured = (amount: number) => ({
      body: intent({ status: 'requires_capture', amount_received: amount }),
    });

    it.each([{ ageHours: 24 }, { earlierHours: 24 }])(
      'is not made again where it may be among those that were made: %o',
      async (age) => {
        stripe.script({ [GET]: captured(500), [CAPTURE]: captured(1_000) });
        const answer = await stripe.run('capture', one, { attempt: 2, ...age });
        expect(answer).toMatchObject({ status: 'processing', transaction_id: 'pi_1' });
        expect(answer.attempt_status).toBeUndefined();
        expect(stripe.sent.map(({ call }) => call)).toEqual([GET]);
      },
    );

    it('is made where none was made yet', async () => {
      stripe.script({ [GET]: captured(0), [CAPTURE]: captured(500) });
      expect(await stripe.run('capture', one, { attempt: 2, earlierHours: 24 })).toMatchObject({
        status: 'success',
        amount_captured: 500,
      });
    });

    it('is not made where Stripe does not let it look', async () => {
      stripe.script({ [GET]: stripeError(403, {}), [CAPTURE]: captured(500) });
      expect(await stripe.run('capture', one, { attempt: 2, earlierHours: 24 })).toMatchObject({
        status: 'processing',
      });
      expect(stripe.sent.map(({ call }) => call)).toEqual([GET]);
    });

    it.each([{ attempt: 2, earlierHours: 22 }, { ageHours: 24 }])(
      'is made under its key, which Stripe still has, or which nobody has used: %o',
      async (changes) => {
        stripe.script({ [CAPTURE]: captured(500) });
        expect(await stripe.run('capture', one, changes)).toMatchObject({ status: 'success' });
        expect(stripe.sent.map(({ call }) => call)).toEqual([CAPTURE]);
      },
    );
  });

  it('needs a payment', async () => {
    stripe.script({});
    const request = captureOf(1, { connector_transaction_id: 'bridge:authorize:att_1' });
    expect(await stripe.run('capture', request)).toMatchObject({
      status: 'failure',
      error: { code: 'resource_missing' },
    });
    expect(stripe.sent).toHaveLength(0);
  });
});

describe('void at Stripe', () => {
  it.each([
    ['requested_by_customer', { cancellation_reason: 'requested_by_customer' }],
    ['the dog ate it', {}],
  ])('cancels, and hands over a reason only where Stripe knows it: %s', async (reason, form) => {
    stripe.script({ [CANCEL]: { body: intent({ status: 'canceled', amount_received: 0 }) } });
    const request = { connector_transaction_id: 'pi_1', cancellation_reason: reason };
    expect(await stripe.run('void', request)).toMatchObject({ status: 'success', attempt_status: 'VOIDED' });
    expect(stripe.sent[0]?.form).toEqual(form);
  });

  it('is done when it was done before, and refused when it was captured', async () => {
    const request = { connector_transaction_id: 'pi_1' };
    stripe.script({ [CANCEL]: unexpected(intent({ status: 'canceled', amount_received: 0 })) });
    expect(await stripe.run('void', request)).toMatchObject({ status: 'success', attempt_status: 'VOIDED' });
    stripe.script({ [CANCEL]: unexpected(intent()) });
    expect(await stripe.run('void', request)).toMatchObject({ status: 'failure' });
  });
});

describe('incremental authorization at Stripe', () => {
  const request = { connector_transaction_id: 'pi_1', amount: money(2_000) };

  it('raises to the new total', async () => {
    const raised = intent({ status: 'requires_capture', amount: 2_000, amount_received: 0 });
    stripe.script({ [INCREMENT]: { body: raised } });
    const response = await stripe.run('incremental_authorization', request);
    expect(response).toMatchObject({ status: 'success', transaction_id: 'pi_1' });
    expect(response).not.toHaveProperty('attempt_status');
    expect(stripe.sent[0]?.form).toEqual({ amount: '2000' });
  });

  it('is not refused as too little where a later attempt finds what the first has raised', async () => {
    const read = 'GET /v1/payment_intents/pi_1';
    const raised = (amount: number) => ({ body: intent({ status: 'requires_capture', amount }) });
    stripe.script({ [read]: [raised(2_000), raised(3_000), raised(1_250)], [INCREMENT]: raised(2_000) });
    for (const calls of [[read], [read, read], [read, read, read, INCREMENT]]) {
      const response = await stripe.run('incremental_authorization', request, { attempt: 2 });
      expect(response).toMatchObject({ status: 'success', transaction_id: 'pi_1' });
      expect(stripe.sent.map(({ call }) => call)).toEqual(calls);
    }
  });

  it('is a failure when the bank declines it', async () => {
    stripe.script({ [INCREMENT]: stripeError(402, { type: 'card_error', code: 'card_declined' }) });
    expect(await stripe.run('incremental_authorization', request)).toMatchObject({
      status: 'failure',
      error: { code: 'card_declined' },
    });
  });
});
