import type { BridgeRequest, BridgeResponse } from '@nats-bridge/protocol';
import type { HandlerContext } from '@nats-bridge/worker';
import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import { asUcs } from '../testing/as-ucs.js';
import { dispute, intent, refund } from '../testing/stripe-objects.js';
import { handleWebhook } from './handle-webhook.js';
import { parseWebhook } from './parse-webhook.js';

const SECRET = 'whsec_test_1';
const NOW = () => Math.floor(Date.now() / 1000);

const eventOf = (type: string, object: object) =>
  JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });

/** Signed by Stripe's own SDK, as Stripe signs it. */
const signed = (payload: string, secret = SECRET, timestamp = NOW()) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

function requestOf(body: string, signature?: string, secrets: object = { secret: SECRET }): BridgeRequest {
  return {
    router_data: {
      request: {
        request_details: {
          method: 'HTTP_METHOD_POST',
          headers: signature === undefined ? {} : { 'Stripe-Signature': signature },
          body: Buffer.from(body).toString('base64'),
        },
        webhook_secrets: secrets,
      },
    },
  } as unknown as BridgeRequest;
}

const none = {} as HandlerContext;
function parse(body: string): BridgeResponse {
  const request = { ...requestOf(body), operation: 'parse_webhook' } as const;
  const answer = parseWebhook(request, none) as BridgeResponse;
  asUcs(request, answer);
  return answer;
}
function handle(...given: Parameters<typeof requestOf>): BridgeResponse {
  const request = { ...requestOf(...given), operation: 'handle_webhook' } as const;
  const answer = handleWebhook(request, none) as BridgeResponse;
  asUcs(request, answer);
  return answer;
}

describe("Stripe's webhooks", () => {
  it.each([
    ['payment_intent.succeeded', intent(), 'PAYMENT_INTENT_SUCCESS', 'payment'],
    ['payment_intent.payment_failed', intent(), 'PAYMENT_INTENT_FAILURE', 'payment'],
    ['payment_intent.processing', intent(), 'PAYMENT_INTENT_PROCESSING', 'payment'],
    ['payment_intent.partially_funded', intent(), 'PAYMENT_INTENT_PARTIALLY_FUNDED', 'payment'],
    ['payment_intent.requires_action', intent(), 'PAYMENT_ACTION_REQUIRED', 'payment'],
    ['payment_intent.canceled', intent(), 'PAYMENT_INTENT_CANCELLED', 'payment'],
    ['payment_intent.amount_capturable_updated', intent(), 'PAYMENT_INTENT_AUTHORIZATION_SUCCESS', 'payment'],
    ['setup_intent.succeeded', { id: 'seti_1', status: 'succeeded' }, 'PAYMENT_INTENT_SUCCESS', 'payment'],
    ['setup_intent.setup_failed', { id: 'seti_1' }, 'PAYMENT_INTENT_FAILURE', 'payment'],
    ['setup_intent.canceled', { id: 'seti_1' }, 'PAYMENT_INTENT_CANCELLED', 'payment'],
    ['setup_intent.requires_action', { id: 'seti_1' }, 'PAYMENT_ACTION_REQUIRED', 'payment'],
    ['refund.created', refund({ status: 'pending' }), 'WEBHOOK_REFUND_PROCESSING', 'refund'],
    ['charge.refund.updated', refund(), 'WEBHOOK_REFUND_SUCCESS', 'refund'],
    ['refund.updated', refund(), 'WEBHOOK_REFUND_SUCCESS', 'refund'],
    ['refund.failed', refund({ status: 'failed' }), 'WEBHOOK_REFUND_FAILURE', 'refund'],
    ['charge.dispute.created', dispute(), 'WEBHOOK_DISPUTE_OPENED', 'dispute'],
    ['charge.dispute.updated', dispute({ status: 'under_review' }), 'WEBHOOK_DISPUTE_CHALLENGED', 'dispute'],
    ['charge.dispute.closed', dispute({ status: 'won' }), 'WEBHOOK_DISPUTE_WON', 'dispute'],
    [
      'mandate.updated',
      { id: 'mandate_1', status: 'active', payment_method: 'pm_1' },
      'MANDATE_ACTIVE',
      'mandate',
    ],
    [
      'mandate.updated',
      { id: 'mandate_1', status: 'inactive', payment_method: 'pm_1' },
      'MANDATE_REVOKED',
      'mandate',
    ],
  ])('%s is understood', (type, object, event_type, about) => {
    const { status, response } = parse(eventOf(type, object));
    expect({ status, response }).toMatchObject({ status: 'success', response: { event_type } });
    expect(Object.keys((response as { reference: object }).reference)).toEqual([about]);
  });

  it.each(['invoice.paid', 'charge.dispute.funds_withdrawn', 'payment_intent.created'])(
    '%s is passed over',
    (type) => {
      expect(parse(eventOf(type, dispute())).response).toMatchObject({
        event_type: 'WEBHOOK_EVENT_TYPE_UNSPECIFIED',
      });
    },
  );

  it.each(['', 'no json', '[]', 'null', '{"object":"charge"}'])('%j is no event', (body) => {
    expect(parse(body)).toMatchObject({ status: 'failure', error: { code: 'webhook_unreadable' } });
    expect(handle(body, signed(body))).toMatchObject({ status: 'failure' });
  });

  it('name the attempt and the refund by the ids of both sides', () => {
    expect(parse(eventOf('payment_intent.succeeded', intent())).response).toMatchObject({
      reference: { payment: { connector_transaction_id: 'pi_1', merchant_transaction_id: 'att_1' } },
    });
    expect(parse(eventOf('refund.updated', refund())).response).toMatchObject({
      reference: {
        refund: {
          connector_refund_id: 're_1',
          merchant_refund_id: 'ref_1',
          connector_transaction_id: 'pi_1',
        },
      },
    });
  });

  it('name a mandate by both of the fields that UCS has for it', () => {
    const event = eventOf('mandate.updated', { id: 'mandate_1', status: 'active', payment_method: 'pm_1' });
    const own = { connector_mandate_id: 'pm_1', payment_method_id: 'pm_1' };
    expect(handle(event, signed(event)).response).toMatchObject({
      event_content: {
        payments_response: {
          mandate_reference: { connector_mandate_id: own },
          mandate_reference_details: own,
        },
      },
    });
  });

  it('say what changed, when the signature is right', () => {
    const paid = eventOf('payment_intent.succeeded', intent());
    expect(handle(paid, signed(paid)).response).toMatchObject({
      source_verified: true,
      event_type: 'PAYMENT_INTENT_SUCCESS',
      event_content: {
        payments_response: {
          connector_transaction_id: 'pi_1',
          merchant_transaction_id: 'att_1',
          status: 'CHARGED',
          captured_amount: 1_250,
          status_code: 200,
        },
      },
    });
    const last_payment_error = { code: 'card_declined', message: 'No.', network_decline_code: '05' };
    const declined = intent({ status: 'requires_payment_method', amount_received: 0, last_payment_error });
    const failed = eventOf('payment_intent.payment_failed', declined);
    expect(handle(failed, signed(failed)).response).toMatchObject({
      event_content: {
        payments_response: {
          status: 'FAILURE',
          error: {
            connector_details: { code: 'card_declined', message: 'No.' },
            issuer_details: { network_details: { decline_code: '05' } },
          },
        },
      },
    });
    const refunded = eventOf('refund.updated', refund());
    expect(handle(refunded, signed(refunded)).response).toMatchObject({
      event_content: { refunds_response: { connector_refund_id: 're_1', status: 'REFUND_SUCCESS' } },
    });
    const disputed = eventOf('charge.dispute.created', dispute());
    expect(handle(disputed, signed(disputed)).response).toMatchObject({
      event_content: {
        disputes_response: { connector_dispute_id: 'du_1', dispute_status: 'DISPUTE_OPENED' },
      },
    });
  });

  it('are verified with either secret while one replaces the other', () => {
    const body = eventOf('payment_intent.succeeded', intent());
    const secrets = { secret: 'whsec_new', additional_secret: SECRET };
    expect(handle(body, signed(body), secrets).response).toMatchObject({ source_verified: true });
  });

  const body = eventOf('payment_intent.succeeded', intent());
  const altered = eventOf('payment_intent.succeeded', intent({ amount_received: 1, id: 'pi_2' }));
  it.each<[string, ...Parameters<typeof requestOf>]>([
    ['has no signature', body],
    ['was signed with another secret', body, signed(body, 'whsec_other')],
    ['was signed more than five minutes ago', body, signed(body, SECRET, NOW() - 301)],
    ['was altered on the way', altered, signed(body)],
    ['has a signature that is none', body, 'v1=abc'],
    ['comes where no secret is known', body, signed(body), {}],
  ])('are not believed when one %s', (_what, ...request) => {
    const { response } = handle(...request);
    expect(response).toMatchObject({ source_verified: false });
    expect(JSON.stringify(response)).not.toMatch(/CHARGED|captured_amount|whsec/);
  });
});
