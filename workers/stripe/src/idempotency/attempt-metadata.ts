/** Which attempt of Hyperswitch an object at Stripe belongs to: written into its metadata, and found again by it. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import type { StripeCall } from '../call/stripe-call.js';
import { quoted } from './look-first.js';

type Metadata = Readonly<Record<string, string>>;

/** Stripe's bounds: 50 keys of 40 characters, values of 500. */
const MOST_KEYS = 50;

/** The merchant's own metadata, as far as it fits, and what the attempt is called here. */
export function attemptMetadata(request: BridgeRequest): Record<string, string> {
  const { router_data, merchant_id, payment_id } = request;
  const own = {
    merchant_id,
    payment_id,
    attempt_id: router_data.attempt_id,
    ...(router_data.refund_id !== undefined && { refund_id: router_data.refund_id }),
  };
  const merchants = Object.entries(namedValues(router_data.metadata)).filter(
    ([name, value]) =>
      typeof value === 'string' && value.length <= 500 && name.length <= 40 && !/[[\]]/.test(name),
  ) as [string, string][];
  const room = MOST_KEYS - Object.keys(own).length;
  return { ...Object.fromEntries(merchants.slice(0, room)), ...own };
}

/** The merchant's metadata by name; text that is no JSON is one value. */
function namedValues(metadata: unknown): object {
  return typeof metadata === 'object' && metadata !== null ? metadata : { metadata };
}

/** An id that came by way of the customer's browser may be another payment's. */
export function belongsToAttempt(request: BridgeRequest, metadata: Metadata | null | undefined): boolean {
  return (
    metadata?.attempt_id === request.router_data.attempt_id && metadata?.merchant_id === request.merchant_id
  );
}

/**
 * The payment of an attempt whose id at Stripe nobody knows, because the answer was lost. Stripe's search is some
 * seconds behind, so that it finds nothing proves nothing.
 */
export async function findByAttempt({
  request,
  stripe,
}: StripeCall): Promise<Stripe.PaymentIntent | undefined> {
  const { attempt_id } = request.router_data;
  const query = `metadata["attempt_id"]:"${quoted(attempt_id)}" AND metadata["merchant_id"]:"${quoted(request.merchant_id)}"`;
  const { data } = await stripe.paymentIntents.search({ query, limit: 1, expand: ['data.latest_charge'] });
  return data[0];
}
