/** Create customer. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { StripeCall } from '../call/stripe-call.js';
import { customerParams } from '../request/customer-details.js';

export async function createCustomer({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const { id, object } = await stripe.customers.create(customerParams(request), keyed());
  return { status: 'success', transaction_id: id, connector_response: { id, object } };
}
