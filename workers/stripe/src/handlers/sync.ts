/** Sync: how a payment or the setting up of a mandate stands. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { findByAttempt } from '../attempt-metadata.js';
import { EXPANDED } from '../create-payment.js';
import { paymentAnswer } from '../payment-answer.js';
import { knownPaymentId } from '../payment-id.js';
import { setupAnswer } from '../setup-answer.js';
import type { StripeCall } from '../stripe-call.js';

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
