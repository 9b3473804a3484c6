/** Setup mandate: a SetupIntent without an amount; with one, a payment whose payment method is kept. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Stripe } from 'stripe';
import { attemptMetadata } from '../attempt-metadata.js';
import { createPayment, returnUrl } from '../create-payment.js';
import { customerFor } from '../customer.js';
import { present } from '../customer-details.js';
import { mandateDataFor } from '../mandate-data.js';
import { paymentAnswer } from '../payment-answer.js';
import { paymentMethodFor } from '../payment-method.js';
import { field } from '../request-reader.js';
import { setupAnswer } from '../setup-answer.js';
import type { StripeCall } from '../stripe-call.js';

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
