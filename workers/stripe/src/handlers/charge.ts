/** Charge: a payment with a stored payment method, without the customer there. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { paymentAnswer } from '../answer/payment-answer.js';
import { createPayment } from '../call/create-payment.js';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { customerIdOf } from '../request/customer-details.js';
import { idOf, mandateReference } from '../request/mandate-reference.js';
import { firstText } from '../request/request-reader.js';

export async function charge(call: StripeCall): Promise<HandlerResponse> {
  const { request, stripe } = call;
  const mandate = ['connector_recurring_payment_id', 'connector_mandate_id'];
  const id = firstText(request, [...mandate, 'payment_method_id'], [...mandate, 'connector_mandate_id']);
  if (id === undefined)
    throw new Refusal(
      'mandate_not_supported',
      'This worker charges mandates that were set up at Stripe (connector_mandate_id), not those of a network',
    );
  const intent = await createPayment(call, async () => {
    const { type, customer } = await stripe.paymentMethods.retrieve(id);
    return {
      paymentMethod: { id, type },
      customer: customerIdOf(request) ?? idOf(customer),
      isOffSession: true,
    };
  });
  return { ...paymentAnswer(intent), mandate_reference: mandateReference(id) };
}
