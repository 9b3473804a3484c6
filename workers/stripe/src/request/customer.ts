/** The customer that a payment method is kept for: the one the request names, or a new one. */

import type { StripeCall } from '../call/stripe-call.js';
import { customerIdOf, customerParams } from './customer-details.js';

export async function customerFor({ request, stripe, keyed }: StripeCall): Promise<string> {
  const known = customerIdOf(request);
  if (known !== undefined) return known;
  const { id } = await stripe.customers.create(customerParams(request), keyed('customer'));
  return id;
}
