/** What Stripe is given as Idempotency-Key: the request's own key, made unique in an account that merchants may share. */
import { createHash } from 'node:crypto';
import type { BridgeRequest } from '@nats-bridge/protocol';

/** Stripe takes 255 characters, and HTTP takes no others than these. */
const FITS = /^[\x21-\x7e]{1,255}$/;

/**
 * The same for every delivery of a request, and another for every call that an operation makes.
 *
 * @param step names the call where an operation makes several; the one that has the effect has none
 */
export function stripeIdempotencyKey(request: BridgeRequest, idempotencyKey: string, step?: string): string {
  const key = [request.merchant_id, idempotencyKey, ...(step === undefined ? [] : [step])].join(':');
  return FITS.test(key) ? key : createHash('sha256').update(key).digest('hex');
}
