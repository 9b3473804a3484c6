/** Which PaymentIntent or SetupIntent a request is about. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import { Refusal } from '../call/refusal.js';
import { feature, text } from './request-reader.js';

/** The id at Stripe, or undefined where only the bridge's alias or nothing is known. */
export function knownPaymentId(request: BridgeRequest): string | undefined {
  const named = text(request, 'connector_transaction_id');
  return [named, feature(request, 'payment_intent'), feature(request, 'setup_intent')].find(
    (id) => id !== undefined && /^(pi|seti)_/.test(id),
  );
}

/** @throws Refusal for operations that need a payment and name none */
export function paymentIdOf(request: BridgeRequest): string {
  const id = knownPaymentId(request);
  if (id !== undefined) return id;
  throw new Refusal(
    'resource_missing',
    `The request names no payment at Stripe (connector_transaction_id): sync it first`,
  );
}
