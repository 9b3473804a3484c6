/** What a Dispute says, as a worker's response and as the content of a webhook. */
import type { BridgeResponse } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { recordable } from '../call/without-secrets.js';
import { idOf } from '../request/mandate-reference.js';
import { moneyOf } from '../request/stripe-amount.js';

export function disputeAnswer(dispute: Stripe.Dispute): BridgeResponse {
  return {
    status: 'success',
    transaction_id: dispute.id,
    attempt_status: disputeStatus(dispute),
    connector_response: recordable(dispute),
    response: disputeFields(dispute),
  };
}

/** Fields that UCS's messages on disputes share; each takes those it has. */
export function disputeFields(dispute: Stripe.Dispute) {
  return {
    connector_transaction_id: idOf(dispute.payment_intent) ?? idOf(dispute.charge),
    connector_status_code: dispute.status,
    dispute_stage: dispute.status.startsWith('warning_') ? 'PRE_DISPUTE' : 'ACTIVE_DISPUTE',
    dispute_amount: moneyOf(dispute.amount, dispute.currency),
    dispute_date: dispute.created,
    dispute_reason: dispute.reason,
    ...(dispute.evidence_details?.due_by && { due_date: dispute.evidence_details.due_by }),
  };
}

/** The UCS DisputeStatus of a Dispute. */
export function disputeStatus({ status }: Stripe.Dispute): string {
  switch (status) {
    case 'needs_response':
    case 'warning_needs_response':
    case 'appeal_needs_response':
      return 'DISPUTE_OPENED';
    case 'under_review':
    case 'warning_under_review':
    case 'appeal_under_review':
      return 'DISPUTE_CHALLENGED';
    case 'won':
      return 'DISPUTE_WON';
    case 'lost':
      return 'DISPUTE_LOST';
    case 'warning_closed':
    case 'prevented':
      return 'DISPUTE_CANCELLED';
    default:
      return 'DISPUTE_STATUS_UNSPECIFIED';
  }
}
