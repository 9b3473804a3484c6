import type { BridgeRequest, BridgeResponse } from '@nats-bridge/protocol';
import type { HandlerContext } from '@nats-bridge/worker';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asUcs } from '../testing/as-ucs.js';
import { API_KEY, type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { dispute, intent, refund, stripeError } from '../testing/stripe-objects.js';
import { parseWebhook } from './parse-webhook.js';

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
beforeEach(() => stripe.script({}));
afterAll(() => stripe.close());

const SECRET = 'whsec_test_1';
const NOW = () => Math.floor(Date.now() / 1000);

const eventOf = (type: string, object: object) =>
  JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });

/** Signed by Stripe's own SDK, as Stripe signs it. */
const signed = (payload: string, secret = SECRET, timestamp = NOW()) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

function requestOf(body: string, signature?: string, secrets: object = { secret: SECRET }) {
  return {
    request_details: {
      method: 'HTTP_METHOD_POST',
      headers: signature === undefined ? {} : { 'Stripe-Signature': signature },
      body: Buffer.from(body).toString('base64'),
    },
    webhook_secrets: secrets,
  };
}

const SETUP = { id: 'seti_1', object: 'setup_intent', payment_method: 'pm_1', last_setup_error: null };
const none = {} as HandlerContext;
function parse(body: string): BridgeResponse {
  const router_data = { request: requestOf(body) };
  const request = { router_data, operation: 'parse_webhook' } as unknown as BridgeRequest;
  const answer = parseWebhook(request, none) as BridgeResponse;
  asUcs(request, answer);
  return answer;
}
const handle = (...given: Parameters<typeof requestOf>) => stripe.run('handle_webhook', requestOf(...given));

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

  it.each(['', 'no json', '[]', 'null', '{"object":"charge"}'])('%j is no event', async (body) => {
    expect(parse(body)).toMatchObject({ status: 'failure', error: { code: 'webhook_unreadable' } });
    expect(await handle(body, signed(body))).toMatchObject({ status: 'failure' });
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

  it('name a mandate by both of the fields that UCS has for it', async () => {
    const event = eventOf('mandate.updated', { id: 'mandate_1', status: 'active', payment_method: 'pm_1' });
    const own = { connector_mandate_id: 'pm_1', payment_method_id: 'pm_1' };
    expect((await handle(event, signed(event))).response).toMatchObject({
      event_content: {
        payments_response: {
          mandate_reference: { connector_mandate_id: own },
          mandate_reference_details: own,
        },
      },
    });
  });

  it('say what changed, when the signature is right', async () => {
    const paid = eventOf('payment_intent.succeeded', intent());
    expect((await handle(paid, signed(paid))).response).toMatchObject({
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
    stripe.script({
      'GET /v1/payment_intents/pi_1': { body: declined },
      'GET /v1/refunds/re_1': { body: refund() },
    });
    expect((await handle(failed, signed(failed))).response).toMatchObject({
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
    expect((await handle(refunded, signed(refunded))).response).toMatchObject({
      event_content: { refunds_response: { connector_refund_id: 're_1', status: 'REFUND_SUCCESS' } },
    });
    const disputed = eventOf('charge.dispute.created', dispute());
    expect((await handle(disputed, signed(disputed))).response).toMatchObject({
      event_content: {
        disputes_response: { connector_dispute_id: 'du_1', dispute_status: 'DISPUTE_OPENED' },
      },
    });
  });

  it('are verified with either secret while one replaces the other', async () => {
    const body = eventOf('payment_intent.succeeded', intent());
    const secrets = { secret: 'whsec_new', additional_secret: SECRET };
    expect((await handle(body, signed(body), secrets)).response).toMatchObject({ source_verified: true });
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
  ])('are not believed when one %s', async (_what, ...request) => {
    const { response } = await handle(...request);
    expect(response).toMatchObject({ source_verified: false });
    expect(JSON.stringify(response)).not.toMatch(/CHARGED|captured_amount|whsec/);
  });

  it.each([
    ['payment_intent.requires_action', intent({ status: 'requires_action', amount_received: 0 })],
    ['payment_intent.processing', intent({ status: 'processing', amount_received: 0 })],
    ['payment_intent.amount_capturable_updated', intent({ status: 'requires_capture', amount_received: 0 })],
  ])('say how the payment stands now: %s may come after it was paid', async (type, then) => {
    stripe.script({ 'GET /v1/payment_intents/pi_1': { body: intent() } });
    const late = eventOf(type, then);
    expect((await handle(late, signed(late))).response).toMatchObject({
      source_verified: true,
      event_content: { payments_response: { status: 'CHARGED', captured_amount: 1_250 } },
    });
    expect(stripe.sent).toMatchObject([{ headers: { authorization: `Bearer ${API_KEY}` } }]);
  });

  it('say how a refund stands now, and a mandate that is set up', async () => {
    const [refunded, waiting] = [
      eventOf('refund.updated', refund()),
      eventOf('setup_intent.requires_action', { ...SETUP, status: 'requires_action' }),
    ];
    stripe.script({
      'GET /v1/refunds/re_1': { body: refund({ status: 'failed' }) },
      'GET /v1/setup_intents/seti_1': { body: { ...SETUP, status: 'succeeded' } },
    });
    expect((await handle(refunded, signed(refunded))).response).toMatchObject({
      event_type: 'WEBHOOK_REFUND_FAILURE',
      event_content: { refunds_response: { status: 'REFUND_FAILURE' } },
    });
    expect((await handle(waiting, signed(waiting))).response).toMatchObject({
      event_content: { payments_response: { status: 'CHARGED' } },
    });
  });

  it.each([
    ['refuses', stripeError(403, {})],
    ['does not answer', 'reset'],
  ] as const)(
    'are not vouched for while Stripe %s, so that Hyperswitch asks by itself',
    async (_why, answer) => {
      stripe.script({ 'GET /v1/payment_intents/pi_1': answer });
      const event = eventOf('payment_intent.processing', intent({ status: 'processing' }));
      const { status, response } = await handle(event, signed(event));
      expect({ status, response }).toMatchObject({ status: 'success', response: { source_verified: false } });
      expect(JSON.stringify(response)).not.toMatch(/PENDING/);
    },
  );

  it('ask nothing of what is over, or is not believed', async () => {
    for (const [type, object] of [
      ['payment_intent.succeeded', intent()],
      ['payment_intent.canceled', intent({ status: 'canceled' })],
      ['refund.failed', refund({ status: 'failed' })],
    ] as const) {
      const event = eventOf(type, object);
      expect((await handle(event, signed(event))).response).toMatchObject({ source_verified: true });
    }
    await handle(eventOf('payment_intent.processing', intent({ status: 'processing' })));
    expect(stripe.sent).toEqual([]);
  });
});
