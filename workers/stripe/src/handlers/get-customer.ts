/** Get customer: by the id at Stripe, else by the email address. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { Stripe } from 'stripe';
import type { StripeCall } from '../call/stripe-call.js';
import { present } from '../request/customer-details.js';
import { text } from '../request/request-reader.js';

export async function getCustomer(call: StripeCall): Promise<HandlerResponse> {
  const customer = await find(call);
  if (customer === undefined)
    return { status: 'success', response: { lookup_status: 'CUSTOMER_LOOKUP_STATUS_NOT_FOUND' } };
  const { id, name, email, phone } = customer;
  return {
    status: 'success',
    response: {
      lookup_status: 'CUSTOMER_LOOKUP_STATUS_FOUND',
      customer: present({
        id: text(call.request, 'merchant_customer_id'),
        connector_customer_id: id,
        name: name ?? undefined,
        email: email ?? undefined,
        phone_number: phone ?? undefined,
      }),
    },
  };
}

async function find({ request, stripe }: StripeCall): Promise<Stripe.Customer | undefined> {
  const id = text(request, 'connector_customer_id');
  const email = text(request, 'email');
  if (id === undefined)
    return email === undefined ? undefined : (await stripe.customers.list({ email, limit: 1 })).data[0];
  try {
    const customer = await stripe.customers.retrieve(id);
    return customer.deleted ? undefined : customer;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404)
      return undefined;
    throw error;
  }
}
