/** Authorize: a PaymentIntent that is made and confirmed; and its completion, when the customer comes back from a redirect. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { HandlerResponse } from '@nats-bridge/worker';
import { paymentAnswer } from '../answer/payment-answer.js';
import { createPayment, EXPANDED } from '../call/create-payment.js';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { belongsToAttempt, findByAttempt } from '../idempotency/attempt-metadata.js';
import { customerFor } from '../request/customer.js';
import { customerIdOf } from '../request/customer-details.js';
import { paymentMethodFor } from '../request/payment-method.js';
import { feature, field, text } from '../request/request-reader.js';

export async function authorize(call: StripeCall): Promise<HandlerResponse> {
  return field(call.request, 'redirection_response') === undefined ? begin(call) : complete(call);
}

async function begin(call: StripeCall): Promise<HandlerResponse> {
  const { request } = call;
  const isKept = text(request, 'setup_future_usage') === 'OFF_SESSION';
  const intent = await createPayment(call, async () => ({
    customer: isKept ? await customerFor(call) : customerIdOf(request),
    paymentMethod: await paymentMethodFor(call),
    isKept,
  }));
  return paymentAnswer(intent);
}

async function complete(call: StripeCall): Promise<HandlerResponse> {
  const { request, stripe, keyed } = call;
  const id = feature(request, 'payment_intent') ?? returnedId(request);
  const found =
    id === undefined ? await findByAttempt(call) : await stripe.paymentIntents.retrieve(id, EXPANDED);
  // It may have succeeded, and Stripe's search be behind: a sync finds it.
  if (found === undefined) return { status: 'processing', attempt_status: 'PENDING' };
  if (!belongsToAttempt(request, found.metadata))
    throw new Refusal('resource_missing', 'The redirect names no payment of this attempt');
  const intent =
    found.status === 'requires_confirmation'
      ? await stripe.paymentIntents.confirm(found.id, EXPANDED, keyed())
      : found;
  return paymentAnswer(intent);
}

/** Stripe adds `payment_intent` to the address that the customer comes back to. */
function returnedId(request: BridgeRequest): string | undefined {
  const fromPayload = text(request, 'redirection_response', 'payload', 'payment_intent');
  const params = new URLSearchParams(text(request, 'redirection_response', 'params') ?? '');
  return fromPayload ?? params.get('payment_intent') ?? undefined;
}
