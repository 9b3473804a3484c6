/** Refund: all or a part of what was captured, as often as something is left. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { refundAnswer } from '../answer/refund-answer.js';
import type { StripeCall } from '../call/stripe-call.js';
import { attemptMetadata } from '../idempotency/attempt-metadata.js';
import { findRefund } from '../idempotency/look-first.js';
import { paymentIdOf } from '../request/payment-id.js';
import { text } from '../request/request-reader.js';
import { stripeAmount } from '../request/stripe-amount.js';

/** The reasons that Stripe takes; any other is the merchant's own affair. */
const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

export async function refund(call: StripeCall): Promise<HandlerResponse> {
  const { request, stripe, keyed, lookFirst } = call;
  const before = await lookFirst(() => findRefund(call));
  if (before !== undefined) return refundAnswer(before);
  const given = text(request, 'reason')?.toLowerCase();
  const reason = REASONS.find((one) => one === given);
  const made = await stripe.refunds.create(
    {
      payment_intent: paymentIdOf(request),
      amount: stripeAmount(request, 'refund_amount').amount,
      metadata: attemptMetadata(request),
      ...(reason !== undefined && { reason }),
    },
    keyed(),
  );
  return refundAnswer(made);
}
