/** Incremental authorization: the request's amount is the new total. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { paymentIdOf } from '../payment-id.js';
import { stripeAmount } from '../stripe-amount.js';
import type { StripeCall } from '../stripe-call.js';
import { recordable } from '../without-secrets.js';

export async function incrementalAuthorization({
  request,
  stripe,
  keyed,
}: StripeCall): Promise<HandlerResponse> {
  const { amount } = stripeAmount(request, 'amount');
  const intent = await stripe.paymentIntents.incrementAuthorization(
    paymentIdOf(request),
    { amount },
    keyed(),
  );
  return { status: 'success', transaction_id: intent.id, connector_response: recordable(intent) };
}
