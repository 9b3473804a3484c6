/** Void refund: Stripe takes back a refund that still waits for the customer, and no other. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { refundAnswer } from '../answer/refund-answer.js';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { text } from '../request/request-reader.js';

export async function voidRefund({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const id = text(request, 'connector_refund_id');
  if (id === undefined) throw new Refusal('resource_missing', 'The request names no connector_refund_id');
  const { error: _canceled, ...answer } = refundAnswer(await stripe.refunds.cancel(id, {}, keyed()));
  return { ...answer, status: 'success' };
}
