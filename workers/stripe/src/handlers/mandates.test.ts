import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { card, intent, money, paymentMethod, searchResult, stripeError } from '../testing/stripe-objects.js';

const setupIntent = (changes: object = {}) => ({
  id: 'seti_1',
  object: 'setup_intent',
  status: 'succeeded',
  client_secret: 'seti_1_secret_abc',
  customer: 'cus_1',
  payment_method: 'pm_1',
  last_setup_error: null,
  next_action: null,
  metadata: { attempt_id: 'att_1', merchant_id: 'm_1' },
  ...changes,
});
const CONFIRM = 'POST /v1/setup_intents/seti_1/confirm';
const REQUEST = { amount: money(0), payment_method: card, return_url: 'https://shop.example/back' };
const reference = { connector_mandate_id: { connector_mandate_id: 'pm_1', payment_method_id: 'pm_1' } };

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

const script = (more: Parameters<ScriptedStripe['script']>[0]) => {
  stripe.script({
    'POST /v1/customers': { body: { id: 'cus_1', object: 'customer' } },
    'POST /v1/payment_methods': { body: paymentMethod },
    'POST /v1/setup_intents': { body: setupIntent({ status: 'requires_payment_method' }) },
    ...more,
  });
};
const sentTo = (call: string) => stripe.sent.find((one) => one.call === call);

describe('mandates at Stripe', () => {
  it('are set up in steps that each have a key of their own', async () => {
    script({ [CONFIRM]: { body: setupIntent() } });
    expect(await stripe.run('setup_mandate', REQUEST, { key: 'authorize:att_1' })).toMatchObject({
      status: 'success',
      transaction_id: 'seti_1',
      attempt_status: 'CHARGED',
      mandate_reference: reference,
      response: { state: { connector_customer_id: 'cus_1' } },
    });
    expect(stripe.sent.map(({ call, headers }) => [call, headers['idempotency-key']])).toEqual([
      ['POST /v1/customers', 'm_1:authorize:att_1:customer'],
      ['POST /v1/payment_methods', 'm_1:authorize:att_1:payment_method'],
      ['POST /v1/setup_intents', 'm_1:authorize:att_1'],
      [CONFIRM, 'm_1:authorize:att_1:confirm'],
    ]);
    expect(sentTo(CONFIRM)?.form).toEqual({
      payment_method: 'pm_1',
      return_url: 'https://shop.example/back',
    });
  });

  it('send the customer to the bank where it wants to see them, and are synced by their id', async () => {
    const next_action = {
      type: 'redirect_to_url',
      redirect_to_url: { url: 'https://hooks.stripe.com/3ds?a=1' },
    };
    script({ [CONFIRM]: { body: setupIntent({ status: 'requires_action', next_action }) } });
    const response = await stripe.run('setup_mandate', REQUEST);
    expect(response).toMatchObject({
      status: 'processing',
      attempt_status: 'AUTHENTICATION_PENDING',
      redirection: { form: { endpoint: 'https://hooks.stripe.com/3ds', form_fields: { a: '1' } } },
    });
    expect(response).not.toHaveProperty('mandate_reference');
    const code = 'setup_intent_authentication_failure';
    const failed = { status: 'requires_payment_method', last_setup_error: { code, message: 'It failed.' } };
    stripe.script({
      'GET /v1/setup_intents/seti_1': [{ body: setupIntent() }, { body: setupIntent(failed) }],
    });
    const sync = () => stripe.run('sync', { connector_transaction_id: 'seti_1' });
    expect(await sync()).toMatchObject({ status: 'success', mandate_reference: reference });
    expect(await sync()).toMatchObject({
      status: 'failure',
      attempt_status: 'AUTHENTICATION_FAILED',
      error: { code },
    });
  });

  it('with an amount are a payment: nothing is called charged that was not', async () => {
    const paid = intent({ customer: 'cus_1', setup_future_usage: 'off_session' });
    script({ 'POST /v1/payment_intents': { body: paid } });
    const request = { ...REQUEST, amount: money(1_250) };
    expect(await stripe.run('setup_mandate', request)).toMatchObject({
      status: 'success',
      transaction_id: 'pi_1',
      amount_captured: 1_250,
      mandate_reference: reference,
    });
    expect(sentTo('POST /v1/payment_intents')?.form).toMatchObject({ setup_future_usage: 'off_session' });
    expect(sentTo('POST /v1/setup_intents')).toBeUndefined();
  });

  it('are charged with the customer that the payment method belongs to', async () => {
    stripe.script({
      'GET /v1/payment_methods/pm_1': { body: { ...paymentMethod, customer: 'cus_7' } },
      'POST /v1/payment_intents': { body: intent({ customer: 'cus_7' }) },
    });
    const request = { amount: money(900), connector_recurring_payment_id: reference };
    expect(await stripe.run('charge', request)).toMatchObject({
      status: 'success',
      mandate_reference: reference,
    });
    expect(sentTo('POST /v1/payment_intents')?.form).toMatchObject({
      customer: 'cus_7',
      off_session: 'true',
    });
  });

  it('are not charged again by a later attempt, be the payment method gone by then', async () => {
    const search = 'GET /v1/payment_intents/search';
    stripe.script({ [search]: { body: searchResult(intent()) } });
    const request = { amount: money(900), connector_recurring_payment_id: reference };
    expect(await stripe.run('charge', request, { attempt: 2 })).toMatchObject({
      status: 'success',
      transaction_id: 'pi_1',
      mandate_reference: reference,
    });
    expect(stripe.sent.map(({ call }) => call)).toEqual([search]);
  });

  it('say when the bank wants the customer after all', async () => {
    stripe.script({
      'GET /v1/payment_methods/pm_1': { body: paymentMethod },
      'POST /v1/payment_intents': stripeError(402, {
        type: 'card_error',
        code: 'authentication_required',
        decline_code: 'authentication_required',
        payment_intent: intent({ status: 'requires_payment_method' }),
      }),
    });
    const request = { amount: money(900), connector_recurring_payment_id: reference };
    expect(await stripe.run('charge', request)).toMatchObject({
      status: 'failure',
      transaction_id: 'pi_1',
      error: { code: 'authentication_required' },
    });
  });

  it('of a network are refused before anything is sent', async () => {
    stripe.script({});
    const connector_recurring_payment_id = { network_mandate_id: { network_transaction_id: 'ntid_1' } };
    expect(await stripe.run('charge', { amount: money(900), connector_recurring_payment_id })).toMatchObject({
      status: 'failure',
      error: { code: 'mandate_not_supported' },
    });
    expect(stripe.sent).toHaveLength(0);
  });
});
