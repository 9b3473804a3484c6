import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { intent, money } from '../testing/stripe-objects.js';

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

describe('a session at Stripe', () => {
  it("gives the client secret to the client's SDK only, and names no attempt that a sync could take it for", async () => {
    stripe.script({ 'POST /v1/payment_intents': { body: intent({ status: 'requires_payment_method' }) } });
    const response = await stripe.run('session', { payment: { amount: money(500, 'JPY') } });
    expect(response).toMatchObject({
      status: 'success',
      session_data: { connector_specific: { stripe: { client_secret: 'pi_1_secret_abc' } } },
    });
    expect(JSON.stringify(response.connector_response)).not.toContain('_secret_');
    expect(stripe.sent[0]?.form).toEqual({
      amount: '500',
      currency: 'jpy',
      'metadata[merchant_id]': 'm_1',
      'metadata[payment_id]': 'pay_1',
    });
  });

  it('needs an amount', async () => {
    stripe.script({});
    expect(await stripe.run('session', {})).toMatchObject({
      status: 'failure',
      error: { code: 'parameter_missing' },
    });
    expect(stripe.sent).toHaveLength(0);
  });
});
