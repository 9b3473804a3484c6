/** Refund sync: how a refund stands, by its id or, where that was lost, by the payment it belongs to. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Stripe } from 'stripe';
import { knownPaymentId } from '../payment-id.js';
import { refundAnswer } from '../refund-answer.js';
import { firstText } from '../request-reader.js';
import type { StripeCall } from '../stripe-call.js';

export async function refundSync(call: StripeCall): Promise<HandlerResponse> {
  const found = await findRefund(call);
  return found === undefined
    ? { status: 'processing', refund_status: 'REFUND_STATUS_UNSPECIFIED' }
    : refundAnswer(found);
}

async function findRefund({ request, stripe }: StripeCall): Promise<Stripe.Refund | undefined> {
  const id = firstText(request, ['connector_refund_id'], ['refund_id']);
  if (id !== undefined && /^(re|pyr)_/.test(id)) return stripe.refunds.retrieve(id);
  const payment_intent = knownPaymentId(request);
  const { refund_id } = request.router_data;
  if (payment_intent === undefined || refund_id === undefined) return undefined;
  for await (const refund of stripe.refunds.list({ payment_intent, limit: 100 }))
    if (refund.metadata?.refund_id === refund_id && refund.metadata.merchant_id === request.merchant_id)
      return refund;
  return undefined;
}
