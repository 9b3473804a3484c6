/** Defend dispute: the evidence that was gathered goes to the bank. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { disputeAnswer } from '../dispute-answer.js';
import { disputeIdOf } from '../dispute-id.js';
import type { StripeCall } from '../stripe-call.js';

export async function defendDispute({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  return disputeAnswer(await stripe.disputes.update(disputeIdOf(request), { submit: true }, keyed()));
}
