/** Defend dispute: the evidence that was gathered goes to the bank. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { disputeAnswer } from '../answer/dispute-answer.js';
import type { StripeCall } from '../call/stripe-call.js';
import { disputeIdOf } from '../request/dispute-id.js';

export async function defendDispute({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  return disputeAnswer(await stripe.disputes.update(disputeIdOf(request), { submit: true }, keyed()));
}
