/** Capture: all or a part; with MANUAL_MULTIPLE the rest stays authorized. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Stripe } from 'stripe';
import { unknown } from '../answer/failure-answer.js';
import { paymentAnswer } from '../answer/payment-answer.js';
import { EXPANDED } from '../call/create-payment.js';
import type { StripeCall } from '../call/stripe-call.js';
import { isKeyOutlived } from '../idempotency/look-first.js';
import { reachedAlready } from '../idempotency/reached-already.js';
import { paymentIdOf } from '../request/payment-id.js';
import { field, text } from '../request/request-reader.js';
import { fromStripe, stripeAmount } from '../request/stripe-amount.js';

export async function capture(call: StripeCall): Promise<HandlerResponse> {
  const { request, context, stripe, keyed, lookFirst } = call;
  const { amount, currency } = stripeAmount(request, 'amount_to_capture');
  const isOneOfSeveral =
    field(request, 'multiple_capture_data') !== undefined ||
    text(request, 'capture_method') === 'MANUAL_MULTIPLE';
  const params: Stripe.PaymentIntentCaptureParams = {
    ...EXPANDED,
    amount_to_capture: amount,
    ...(isOneOfSeveral && { final_capture: false }),
  };
  if (isOneOfSeveral && context.attempt > 1 && isKeyOutlived(call)) {
    const captured = await lookFirst(() => findCaptured(call));
    if (captured !== undefined) return { ...unknown('one_of_several_captures'), transaction_id: captured.id };
  }
  let intent: Stripe.PaymentIntent;
  try {
    intent = await stripe.paymentIntents.capture(paymentIdOf(request), params, keyed());
  } catch (error) {
    const done = reachedAlready(
      error,
      ({ status, amount_received }) => status === 'succeeded' && amount_received === amount,
    );
    if (done === undefined || isOneOfSeveral) throw error;
    intent = done;
  }
  const answer = paymentAnswer(intent);
  // What was asked for was done; only sums of several captures have to come from Stripe.
  if (answer.amount_captured !== undefined || isOneOfSeveral) return answer;
  const attempt_status = amount < intent.amount ? 'PARTIAL_CHARGED' : answer.attempt_status;
  return { ...answer, attempt_status, amount_captured: fromStripe(amount, currency) };
}

/** Nothing tells one of several captures from another: only where there is none yet, this one was not made. */
async function findCaptured({ request, stripe }: StripeCall): Promise<Stripe.PaymentIntent | undefined> {
  const intent = await stripe.paymentIntents.retrieve(paymentIdOf(request));
  return intent.amount_received > 0 ? intent : undefined;
}
