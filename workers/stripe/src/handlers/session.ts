/** Session: an unconfirmed PaymentIntent, whose client secret lets Stripe's SDK in a browser or app go on. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { recordable } from '../call/without-secrets.js';
import { field, text } from '../request/request-reader.js';
import { toStripe } from '../request/stripe-amount.js';

export async function session({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const currency = text(request, 'payment', 'amount', 'currency');
  if (currency === undefined)
    throw new Refusal(
      'parameter_missing',
      'payment.amount is missing: Stripe has sessions for payments only',
    );
  const customer = text(request, 'payment', 'customer', 'connector_customer_id');
  const intent = await stripe.paymentIntents.create(
    {
      ...toStripe(Number(field(request, 'payment', 'amount', 'minor_amount') ?? 0), currency),
      ...(customer !== undefined && { customer }),
      // No attempt: a sync that looks for one must not find a payment that nobody confirmed.
      metadata: { merchant_id: request.merchant_id, payment_id: request.payment_id },
    },
    keyed(),
  );
  return {
    status: 'success',
    transaction_id: intent.id,
    connector_metadata: { payment_intent: intent.id },
    connector_response: recordable(intent),
    session_data: { connector_specific: { stripe: { client_secret: intent.client_secret } } },
  };
}
