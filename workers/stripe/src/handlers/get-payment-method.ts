/** Get payment method: that it is there, and whose it is. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { recordable } from '../call/without-secrets.js';
import { idOf } from '../request/mandate-reference.js';
import { firstText } from '../request/request-reader.js';

export async function getPaymentMethod({ request, stripe }: StripeCall): Promise<HandlerResponse> {
  const id = firstText(request, ['connector_payment_method_id'], ['payment_method_token']);
  if (id === undefined)
    throw new Refusal('resource_missing', 'The request names no connector_payment_method_id');
  const found = await stripe.paymentMethods.retrieve(id);
  const connector_customer_id = idOf(found.customer);
  return {
    status: 'success',
    transaction_id: found.id,
    connector_response: recordable(found),
    ...(connector_customer_id !== undefined && { response: { customer: { connector_customer_id } } }),
  };
}
