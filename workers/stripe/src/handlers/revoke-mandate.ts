/** Revoke mandate: the payment method is detached from its customer, after which nothing can charge it. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { recordable } from '../call/without-secrets.js';
import { firstText } from '../request/request-reader.js';

export async function revokeMandate({ request, stripe, keyed }: StripeCall): Promise<HandlerResponse> {
  const id = firstText(request, ['connector_mandate_id'], ['mandate_id']);
  if (id === undefined) throw new Refusal('resource_missing', 'The request names no connector_mandate_id');
  const detached = await stripe.paymentMethods.detach(id, {}, keyed());
  return { status: 'success', transaction_id: id, connector_response: recordable(detached) };
}
