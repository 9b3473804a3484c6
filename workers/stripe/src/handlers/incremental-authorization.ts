/** Incremental authorization: the request's amount is the new total. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { StripeCall } from '../call/stripe-call.js';
import { recordable } from '../call/without-secrets.js';
import { paymentIdOf } from '../request/payment-id.js';
import { stripeAmount } from '../request/stripe-amount.js';

export async function incrementalAuthorization({
  request,
  stripe,
  keyed,
  lookFirst,
}: StripeCall): Promise<HandlerResponse> {
  const { amount } = stripeAmount(request, 'amount');
  const id = paymentIdOf(request);
  // Stripe only raises: what stands at the total or above it has been raised.
  const raised = await lookFirst(async () => {
    const now = await stripe.paymentIntents.retrieve(id);
    return now.amount >= amount ? now : undefined;
  });
  const intent = raised ?? (await stripe.paymentIntents.incrementAuthorization(id, { amount }, keyed()));
  return { status: 'success', transaction_id: intent.id, connector_response: recordable(intent) };
}
