/** Dispute sync: how a dispute stands. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { disputeAnswer } from '../dispute-answer.js';
import { disputeIdOf } from '../dispute-id.js';
import type { StripeCall } from '../stripe-call.js';

export async function disputeSync({ request, stripe }: StripeCall): Promise<HandlerResponse> {
  return disputeAnswer(await stripe.disputes.retrieve(disputeIdOf(request)));
}
