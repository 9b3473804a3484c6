import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { intent, stripeError } from '../testing/stripe-objects.js';

const GET = 'GET /v1/payment_intents/pi_1';
const SEARCH = 'GET /v1/payment_intents/search';

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

describe('sync at Stripe', () => {
  it.each([
    [{}, 'success', 'CHARGED'],
    [{ amount_received: 1_000 }, 'success', 'PARTIAL_CHARGED'],
    [{ status: 'requires_capture', amount_received: 0 }, 'success', 'AUTHORIZED'],
    [{ status: 'requires_capture', amount_received: 5 }, 'success', 'PARTIAL_CHARGED_AND_CHARGEABLE'],
    [{ status: 'processing', amount_received: 0 }, 'processing', 'PENDING'],
    [{ status: 'requires_confirmation', amount_received: 0 }, 'processing', 'CONFIRMATION_AWAITED'],
    [{ status: 'requires_payment_method', amount_received: 0 }, 'processing', 'PAYMENT_METHOD_AWAITED'],
    [{ status: 'canceled', amount_received: 0 }, 'success', 'VOIDED'],
    [{ status: 'a_status_of_tomorrow' }, 'processing', 'PENDING'],
  ])('says of %j: %s, %s', async (changes, status, attempt_status) => {
    stripe.script({ [GET]: { body: intent(changes) } });
    expect(await stripe.run('sync', { connector_transaction_id: 'pi_1' })).toMatchObject({
      status,
      attempt_status,
      transaction_id: 'pi_1',
    });
  });

  it('says why a payment failed, with the network’s codes from its charge', async () => {
    const last_payment_error = {
      code: 'card_declined',
      decline_code: 'do_not_honor',
      message: 'Your card was declined.',
    };
    const outcome = {
      network_decline_code: '05',
      network_advice_code: '03',
      advice_code: 'do_not_try_again',
    };
    stripe.script({
      [GET]: {
        body: intent({
          status: 'requires_payment_method',
          amount_received: 0,
          last_payment_error,
          latest_charge: { id: 'ch_1', object: 'charge', outcome },
        }),
      },
    });
    expect(await stripe.run('sync', { connector_transaction_id: 'pi_1' })).toMatchObject({
      status: 'failure',
      attempt_status: 'FAILURE',
      error: {
        code: 'card_declined',
        network_decline_code: '05',
        network_advice_code: '03',
        network_error_message: 'do_not_honor',
      },
    });
  });

  it.each(['', 'bridge:authorize:att_1'])(
    'finds a payment whose id was lost (%j) by its attempt',
    async (id) => {
      stripe.script({ [SEARCH]: { body: { object: 'search_result', data: [intent()], has_more: false } } });
      expect(await stripe.run('sync', { connector_transaction_id: id })).toMatchObject({
        attempt_status: 'CHARGED',
        transaction_id: 'pi_1',
      });
      expect(stripe.sent[0]?.query.get('query')).toBe(
        'metadata["attempt_id"]:"att_1" AND metadata["merchant_id"]:"m_1"',
      );
    },
  );

  it('changes nothing when the search finds nothing', async () => {
    stripe.script({ [SEARCH]: { body: { object: 'search_result', data: [], has_more: false } } });
    const response = await stripe.run('sync', {});
    expect(response).toEqual({ status: 'processing', attempt_status: 'PAYMENT_STATUS_UNSPECIFIED' });
  });

  it('says UNRESOLVED of a payment that Stripe does not have', async () => {
    stripe.script({
      [GET]: stripeError(404, { code: 'resource_missing', message: 'No such payment_intent' }),
    });
    expect(await stripe.run('sync', { connector_transaction_id: 'pi_1' })).toMatchObject({
      status: 'failure',
      attempt_status: 'UNRESOLVED',
    });
  });
});

describe('verify redirect at Stripe', () => {
  const back = (secret: string) => ({
    merchant_order_id: 'o_1',
    request_details: {
      method: 'HTTP_METHOD_GET',
      uri: '/back',
      query_params: `payment_intent=pi_1&payment_intent_client_secret=${secret}&redirect_status=succeeded`,
    },
  });

  it('believes the browser when it brings the secret of the payment', async () => {
    stripe.script({ [GET]: { body: intent() } });
    expect(await stripe.run('verify_redirect', back('pi_1_secret_abc'))).toMatchObject({
      status: 'success',
      attempt_status: 'CHARGED',
      response: { source_verified: true, merchant_order_id: 'o_1', response_amount: { minor_amount: 1_250 } },
    });
  });

  it.each(['pi_1_secret_abd', ''])('does not believe %j, and says no status', async (secret) => {
    stripe.script({ [GET]: { body: intent() } });
    const response = await stripe.run('verify_redirect', back(secret));
    expect(response).toMatchObject({
      attempt_status: 'PAYMENT_STATUS_UNSPECIFIED',
      response: { source_verified: false },
    });
    expect(response.response).not.toHaveProperty('response_amount');
    expect(JSON.stringify(response)).not.toContain('_secret_');
  });
});
