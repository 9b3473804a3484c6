/** What a Refund says, as a worker's response. */
import type { BridgeResponse } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { recordable } from '../call/without-secrets.js';
import { idOf } from '../request/mandate-reference.js';
import { moneyOf } from '../request/stripe-amount.js';

export function refundAnswer(refund: Stripe.Refund): BridgeResponse {
  const refund_status = refundStatus(refund);
  const described: Partial<BridgeResponse> = {
    transaction_id: refund.id,
    refund_status,
    connector_response: recordable(refund),
    response: {
      connector_transaction_id: idOf(refund.payment_intent) ?? idOf(refund.charge),
      refund_amount: moneyOf(refund.amount, refund.currency),
    },
  };
  if (refund_status === 'REFUND_SUCCESS') return { ...described, status: 'success' };
  if (refund_status === 'REFUND_PENDING') return { ...described, status: 'processing' };
  const code = refund.failure_reason ?? refund.status ?? 'failed';
  const message = refund.status === 'canceled' ? 'The refund was canceled' : `The refund failed: ${code}`;
  return { ...described, status: 'failure', error: { code, message, reason: message } };
}

/** The UCS RefundStatus of a Refund; `requires_action` waits for the customer. */
export function refundStatus({ status }: Stripe.Refund): string {
  switch (status) {
    case 'succeeded':
      return 'REFUND_SUCCESS';
    case 'failed':
    case 'canceled':
      return 'REFUND_FAILURE';
    default:
      return 'REFUND_PENDING';
  }
}
