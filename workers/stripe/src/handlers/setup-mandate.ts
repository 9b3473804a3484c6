/** Setup mandate: a SetupIntent without an amount; with one, a payment whose payment method is kept. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Stripe } from 'stripe';
import { paymentAnswer } from '../answer/payment-answer.js';
import { setupAnswer } from '../answer/setup-answer.js';
import { createPayment, returnUrl } from '../call/create-payment.js';
import type { StripeCall } from '../call/stripe-call.js';
import { attemptMetadata } from '../idempotency/attempt-metadata.js';
import { customerFor } from '../request/customer.js';
import { present } from '../request/customer-details.js';
import { mandateDataFor } from '../request/mandate-data.js';
import { paymentMethodFor } from '../request/payment-method.js';
import { field } from '../request/request-reader.js';

export async function setupMandate(call: StripeCall): Promise<HandlerResponse> {
  const { request, stripe, keyed } = call;
  const prepare = async () => ({
    customer: await customerFor(call),
    paymentMethod: await paymentMethodFor(call),
    isKept: true,
  });
  // A SetupIntent takes no money: reporting one as charged would promise what never happened.
  if (Number(field(request, 'amount', 'minor_amount') ?? 0) > 0)
    return paymentAnswer(await createPayment(call, prepare));
  const { customer, paymentMethod } = await prepare();
  const created = await stripe.setupIntents.create(
    {
      customer,
      usage: 'off_session',
      allowed_payment_method_types: [paymentMethod.type as 'card'],
      metadata: attemptMetadata(request),
    },
    keyed(),
  );
  const confirmation: Stripe.SetupIntentConfirmParams = {
    payment_method: paymentMethod.id,
    ...present({
      return_url: returnUrl(request),
      mandate_data: mandateDataFor(request, paymentMethod.type),
    }),
  };
  return setupAnswer(await stripe.setupIntents.confirm(created.id, confirmation, keyed('confirm')));
}
