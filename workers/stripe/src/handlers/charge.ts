/** Charge: a payment with a stored payment method, without the customer there. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { createPayment } from '../create-payment.js';
import { customerIdOf } from '../customer-details.js';
import { idOf, mandateReference } from '../mandate-reference.js';
import { paymentAnswer } from '../payment-answer.js';
import { Refusal } from '../refusal.js';
import { firstText } from '../request-reader.js';
import type { StripeCall } from '../stripe-call.js';

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
