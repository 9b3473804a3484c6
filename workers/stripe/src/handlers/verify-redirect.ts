/** Verify redirect: what the customer's browser brought back is compared with what Stripe itself says. */
import { timingSafeEqual } from 'node:crypto';
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { HandlerResponse } from '@nats-bridge/worker';
import { paymentStatus } from '../answer/payment-answer.js';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { text } from '../request/request-reader.js';
import { moneyOf } from '../request/stripe-amount.js';

export async function verifyRedirect({ request, stripe }: StripeCall): Promise<HandlerResponse> {
  const query = queryOf(request);
  const id = query.get('payment_intent');
  if (id === null) throw new Refusal('parameter_missing', 'The redirect brought no payment_intent back');
  const intent = await stripe.paymentIntents.retrieve(id);
  const source_verified = isSame(query.get('payment_intent_client_secret'), intent.client_secret);
  return {
    status: 'success',
    transaction_id: intent.id,
    attempt_status: source_verified ? paymentStatus(intent) : 'PAYMENT_STATUS_UNSPECIFIED',
    response: {
      source_verified,
      merchant_order_id: text(request, 'merchant_order_id'),
      ...(source_verified && { response_amount: moneyOf(intent.amount, intent.currency) }),
    },
  };
}

function queryOf(request: BridgeRequest): URLSearchParams {
  const given = text(request, 'request_details', 'query_params');
  return new URLSearchParams(given ?? text(request, 'request_details', 'uri')?.split('?')[1] ?? '');
}

function isSame(given: string | null, secret: string | null): boolean {
  if (given === null || secret === null) return false;
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}
