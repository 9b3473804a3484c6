/** Accept dispute: it is closed at Stripe, and lost. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { disputeAnswer } from '../answer/dispute-answer.js';
import type { StripeCall } from '../call/stripe-call.js';
import { disputeIdOf } from '../request/dispute-id.js';

export async function acceptDispute({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const closed = await stripe.disputes.close(disputeIdOf(request), {}, keyed());
  return { ...disputeAnswer(closed), attempt_status: 'DISPUTE_ACCEPTED' };
}
