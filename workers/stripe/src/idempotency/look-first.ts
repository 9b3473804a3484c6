/** Stripe forgets an Idempotency-Key: what may have been done under one that is gone is looked for before it is done again. */
import type { Stripe } from 'stripe';
import type { StripeCall } from '../call/stripe-call.js';
import { knownPaymentId } from '../request/payment-id.js';

/** Stripe keeps keys for at least 24 hours; clocks may differ. */
const KEY_IS_KEPT_MS = 23 * 60 * 60 * 1_000;

/**
 * A dead letter that a person sends again may be days old. So may the first run of a later attempt, however new its
 * request: a repeat has a timestamp of its own. That a look finds nothing is enough: what was done so little ago that
 * Stripe's search is behind, the key still covers.
 */
export function keyMayBeForgotten(call: Pick<StripeCall, 'request' | 'context'>): boolean {
  return call.context.attempt > 1 || isKeyOutlived(call);
}

/** Whether the key was first used so long ago, if it was, that Stripe need not have it any more. */
export function isKeyOutlived({ request, context }: Pick<StripeCall, 'request' | 'context'>): boolean {
  const since = Math.min(request.timestamp * 1_000, context.earlierAt ?? Number.POSITIVE_INFINITY);
  return Date.now() - since > KEY_IS_KEPT_MS;
}

/** The payment that this request made before, by the key in its metadata. After hours the search is not behind. */
export async function findByKey({
  stripe,
  idempotencyKey,
}: StripeCall): Promise<Stripe.PaymentIntent | undefined> {
  const query = `metadata["idempotency_key"]:"${quoted(idempotencyKey)}"`;
  return (await stripe.paymentIntents.search({ query, limit: 1, expand: ['data.latest_charge'] })).data[0];
}

/** The refund of this request among those of its payment: by its id or, as its key is made, else by its attempt's. */
export async function findRefund({ request, stripe }: StripeCall): Promise<Stripe.Refund | undefined> {
  const payment_intent = knownPaymentId(request);
  const { refund_id, attempt_id } = request.router_data;
  if (payment_intent === undefined) return undefined;
  for await (const refund of stripe.refunds.list({ payment_intent, limit: 100 })) {
    const { metadata } = refund;
    const isSame =
      metadata?.refund_id === refund_id && (refund_id !== undefined || metadata?.attempt_id === attempt_id);
    if (isSame && metadata?.merchant_id === request.merchant_id) return refund;
  }
  return undefined;
}

/** Text inside quotation marks of Stripe's search. */
export function quoted(value: string): string {
  return value.replaceAll(/["\\]/g, '\\$&');
}
