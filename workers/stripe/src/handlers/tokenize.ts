/** Tokenize: a PaymentMethod at Stripe, whose id stands for the card from then on. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { StripeCall } from '../call/stripe-call.js';
import { recordable } from '../call/without-secrets.js';
import { paymentMethodParams } from '../request/payment-method.js';

export async function tokenize({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const created = await stripe.paymentMethods.create(paymentMethodParams(request), keyed());
  return {
    status: 'success',
    transaction_id: created.id,
    token: created.id,
    connector_response: recordable(created),
  };
}
