/** Void refund: Stripe takes back a refund that still waits for the customer, and no other. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { refundAnswer } from '../refund-answer.js';
import { Refusal } from '../refusal.js';
import { text } from '../request-reader.js';
import type { StripeCall } from '../stripe-call.js';

export async function voidRefund({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const id = text(request, 'connector_refund_id');
  if (id === undefined) throw new Refusal('resource_missing', 'The request names no connector_refund_id');
  const { error: _canceled, ...answer } = refundAnswer(await stripe.refunds.cancel(id, {}, keyed()));
  return { ...answer, status: 'success' };
}
