/** Void: the PaymentIntent is canceled, which releases what was authorized. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Stripe } from 'stripe';
import { paymentAnswer } from '../answer/payment-answer.js';
import type { StripeCall } from '../call/stripe-call.js';
import { reachedAlready } from '../idempotency/reached-already.js';
import { paymentIdOf } from '../request/payment-id.js';
import { text } from '../request/request-reader.js';

/** The reasons that Stripe takes; any other is the merchant's own affair. */
const REASONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;

export async function voidPayment({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const given = text(request, 'cancellation_reason')?.toLowerCase();
  const cancellation_reason = REASONS.find((reason) => reason === given);
  const params: Stripe.PaymentIntentCancelParams =
    cancellation_reason === undefined ? {} : { cancellation_reason };
  try {
    return paymentAnswer(await stripe.paymentIntents.cancel(paymentIdOf(request), params, keyed()));
  } catch (error) {
    const done = reachedAlready(error, ({ status }) => status === 'canceled');
    if (done === undefined) throw error;
    return paymentAnswer(done);
  }
}
