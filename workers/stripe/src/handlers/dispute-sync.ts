/** Dispute sync: how a dispute stands. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { disputeAnswer } from '../answer/dispute-answer.js';
import type { StripeCall } from '../call/stripe-call.js';
import { disputeIdOf } from '../request/dispute-id.js';

export async function disputeSync({ request, stripe }: StripeCall): Promise<HandlerResponse> {
  return disputeAnswer(await stripe.disputes.retrieve(disputeIdOf(request)));
}
