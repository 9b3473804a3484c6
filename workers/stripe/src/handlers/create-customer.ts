/** Create customer. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { customerParams } from '../customer-details.js';
import type { StripeCall } from '../stripe-call.js';

export async function createCustomer({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const { id, object } = await stripe.customers.create(customerParams(request), keyed());
  return { status: 'success', transaction_id: id, connector_response: { id, object } };
}
