/** What Hyperswitch calls an event, by the operation that was settled and the status it got (docs/hyperswitch.md, Events). */
import { type OperationRow, ucsEnum } from '@nats-bridge/protocol';

/** For statuses that say everything by themselves. */
const BY_STATUS: Readonly<Record<string, string>> = {
  CHARGED: 'PAYMENT_INTENT_SUCCESS',
  PARTIAL_CHARGED: 'PAYMENT_INTENT_SUCCESS',
  PARTIAL_CHARGED_AND_CHARGEABLE: 'PAYMENT_INTENT_PARTIALLY_FUNDED',
  AUTHORIZED: 'PAYMENT_INTENT_AUTHORIZATION_SUCCESS',
  PARTIALLY_AUTHORIZED: 'PAYMENT_INTENT_AUTHORIZATION_SUCCESS',
  AUTHORIZATION_FAILED: 'PAYMENT_INTENT_AUTHORIZATION_FAILURE',
  FAILURE: 'PAYMENT_INTENT_FAILURE',
  ROUTER_DECLINED: 'PAYMENT_INTENT_FAILURE',
  AUTHENTICATION_FAILED: 'PAYMENT_INTENT_FAILURE',
  CAPTURE_FAILED: 'PAYMENT_INTENT_CAPTURE_FAILURE',
  VOIDED: 'PAYMENT_INTENT_CANCELLED',
  VOIDED_POST_CAPTURE: 'PAYMENT_INTENT_CANCELLED',
  VOID_FAILED: 'PAYMENT_INTENT_CANCEL_FAILURE',
  EXPIRED: 'PAYMENT_INTENT_EXPIRED',
  AUTHENTICATION_PENDING: 'PAYMENT_ACTION_REQUIRED',
  REFUND_SUCCESS: 'WEBHOOK_REFUND_SUCCESS',
  REFUND_FAILURE: 'WEBHOOK_REFUND_FAILURE',
  REFUND_TRANSACTION_FAILURE: 'WEBHOOK_REFUND_FAILURE',
};

/** A UCS WebhookEventType by name. */
export function webhookEventType({ operation, statusKind }: OperationRow, status: string): string {
  const isCaptured = operation === 'capture' && ['CHARGED', 'PARTIAL_CHARGED'].includes(status);
  if (isCaptured) return 'PAYMENT_INTENT_CAPTURE_SUCCESS';
  const type =
    BY_STATUS[status] ??
    (statusKind === 'refund' ? 'WEBHOOK_REFUND_PROCESSING' : 'PAYMENT_INTENT_PROCESSING');
  return type in ucsEnum('WebhookEventType') ? type : 'WEBHOOK_EVENT_TYPE_UNSPECIFIED';
}
