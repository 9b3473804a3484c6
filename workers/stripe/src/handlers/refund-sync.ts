/** Refund sync: how a refund stands, by its id or, where that was lost, by the payment it belongs to. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { refundAnswer } from '../answer/refund-answer.js';
import type { StripeCall } from '../call/stripe-call.js';
import { findRefund } from '../idempotency/look-first.js';
import { firstText } from '../request/request-reader.js';

export async function refundSync(call: StripeCall): Promise<HandlerResponse> {
  const { request, stripe } = call;
  const id = firstText(request, ['connector_refund_id'], ['refund_id']);
  const isKnown = id !== undefined && /^(re|pyr)_/.test(id);
  const found = isKnown ? await stripe.refunds.retrieve(id) : await findRefund(call);
  return found === undefined
    ? { status: 'processing', refund_status: 'REFUND_STATUS_UNSPECIFIED' }
    : refundAnswer(found);
}
