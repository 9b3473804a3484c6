/** Stripe forgets an Idempotency-Key: what is older is looked for before it is done again. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { knownPaymentId } from './payment-id.js';
import type { StripeCall } from './stripe-call.js';

/** Stripe keeps keys for at least 24 hours; clocks may differ. */
const KEY_IS_KEPT_MS = 23 * 60 * 60 * 1_000;

/** A dead letter that a person sends again may be days old. */
export function isKeyForgotten({ timestamp }: BridgeRequest): boolean {
  return Date.now() - timestamp * 1_000 > KEY_IS_KEPT_MS;
}

/** The payment that this request made before, by the key in its metadata. After hours the search is not behind. */
export async function findByKey({
  stripe,
  idempotencyKey,
}: StripeCall): Promise<Stripe.PaymentIntent | undefined> {
  const query = `metadata["idempotency_key"]:"${quoted(idempotencyKey)}"`;
  return (await stripe.paymentIntents.search({ query, limit: 1, expand: ['data.latest_charge'] })).data[0];
}

/** The refund of this request among those of its payment. */
export async function findRefund({ request, stripe }: StripeCall): Promise<Stripe.Refund | undefined> {
  const payment_intent = knownPaymentId(request);
  const { refund_id } = request.router_data;
  if (payment_intent === undefined || refund_id === undefined) return undefined;
  for await (const refund of stripe.refunds.list({ payment_intent, limit: 100 }))
    if (refund.metadata?.refund_id === refund_id && refund.metadata.merchant_id === request.merchant_id)
      return refund;
  return undefined;
}

/** Text inside quotation marks of Stripe's search. */
export function quoted(value: string): string {
  return value.replaceAll(/["\\]/g, '\\$&');
}
