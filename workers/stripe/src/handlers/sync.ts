/** Sync: how a payment or the setting up of a mandate stands. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { paymentAnswer } from '../answer/payment-answer.js';
import { setupAnswer } from '../answer/setup-answer.js';
import { EXPANDED } from '../call/create-payment.js';
import type { StripeCall } from '../call/stripe-call.js';
import { findByAttempt } from '../idempotency/attempt-metadata.js';
import { knownPaymentId } from '../request/payment-id.js';

export async function sync(call: StripeCall): Promise<HandlerResponse> {
  const { request, stripe } = call;
  const id = knownPaymentId(request);
  if (id?.startsWith('seti_')) return setupAnswer(await stripe.setupIntents.retrieve(id));
  if (id !== undefined) return paymentAnswer(await stripe.paymentIntents.retrieve(id, EXPANDED));
  const found = await findByAttempt(call);
  if (found !== undefined) return paymentAnswer(found);
  // Stripe's search is behind: that it finds nothing must not change what is known.
  return { status: 'processing', attempt_status: 'PAYMENT_STATUS_UNSPECIFIED' };
}
