/** A Stripe event in the vocabulary of UCS: its type, what it is about, and what it says. */
import { mandateFields } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { disputeFields, disputeStatus } from '../answer/dispute-answer.js';
import { paymentAnswer } from '../answer/payment-answer.js';
import { refundAnswer, refundStatus } from '../answer/refund-answer.js';
import { setupAnswer } from '../answer/setup-answer.js';
import { ucsError } from '../answer/ucs-error.js';
import { idOf, mandateReference } from '../request/mandate-reference.js';

/** One member of UCS's EventReference, and the member of EventContent that goes with it. */
export type WebhookMeaning = {
  /** A UCS WebhookEventType; unspecified ones have no effect in Hyperswitch. */
  readonly type: string;
  readonly reference?: Readonly<Record<string, object>>;
  /** What a verified event says. */
  readonly content?: () => Readonly<Record<string, object>>;
  /** Only what it is about, for an event that may not be Stripe's. */
  readonly claim?: Readonly<Record<string, object>>;
};

const UNKNOWN: WebhookMeaning = { type: 'WEBHOOK_EVENT_TYPE_UNSPECIFIED' };

const PAYMENT_TYPES: Readonly<Record<string, string>> = {
  'payment_intent.succeeded': 'PAYMENT_INTENT_SUCCESS',
  'payment_intent.payment_failed': 'PAYMENT_INTENT_FAILURE',
  'payment_intent.processing': 'PAYMENT_INTENT_PROCESSING',
  'payment_intent.canceled': 'PAYMENT_INTENT_CANCELLED',
  'payment_intent.partially_funded': 'PAYMENT_INTENT_PARTIALLY_FUNDED',
  'payment_intent.amount_capturable_updated': 'PAYMENT_INTENT_AUTHORIZATION_SUCCESS',
  'payment_intent.requires_action': 'PAYMENT_ACTION_REQUIRED',
};
const SETUP_TYPES: Readonly<Record<string, string>> = {
  'setup_intent.succeeded': 'PAYMENT_INTENT_SUCCESS',
  'setup_intent.setup_failed': 'PAYMENT_INTENT_FAILURE',
  'setup_intent.canceled': 'PAYMENT_INTENT_CANCELLED',
  'setup_intent.requires_action': 'PAYMENT_ACTION_REQUIRED',
};
const REFUND_EVENTS = new Set(['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated']);
const REFUND_TYPES: Readonly<Record<string, string>> = {
  REFUND_SUCCESS: 'WEBHOOK_REFUND_SUCCESS',
  REFUND_FAILURE: 'WEBHOOK_REFUND_FAILURE',
  REFUND_PENDING: 'WEBHOOK_REFUND_PROCESSING',
};

export function meaningOf(event: Stripe.Event): WebhookMeaning {
  const object: unknown = event.data?.object;
  if (typeof object !== 'object' || object === null || typeof (object as { id?: unknown }).id !== 'string')
    return UNKNOWN;
  const payment = PAYMENT_TYPES[event.type];
  if (payment !== undefined) return aboutPayment(payment, object as Stripe.PaymentIntent);
  const setup = SETUP_TYPES[event.type];
  if (setup !== undefined) return aboutSetup(setup, object as Stripe.SetupIntent);
  if (REFUND_EVENTS.has(event.type)) return aboutRefund(object as Stripe.Refund);
  if (event.type.startsWith('charge.dispute.')) return aboutDispute(event.type, object as Stripe.Dispute);
  if (event.type === 'mandate.updated') return aboutMandate(object as Stripe.Mandate);
  return UNKNOWN;
}

function aboutPayment(type: string, intent: Stripe.PaymentIntent): WebhookMeaning {
  const ids = {
    connector_transaction_id: intent.id,
    merchant_transaction_id: intent.metadata?.attempt_id,
  };
  return {
    type,
    reference: { payment: ids },
    claim: { payments_response: { ...ids, status_code: 200 } },
    content: () => {
      const { attempt_status, amount_captured, error, mandate_reference, response } = paymentAnswer(intent);
      return {
        payments_response: {
          ...ids,
          status: attempt_status,
          status_code: 200,
          captured_amount: amount_captured,
          ...mandateFields(mandate_reference),
          ...response,
          ...(error && { error: ucsError(error) }),
        },
      };
    },
  };
}

/** Hyperswitch knows a SetupIntent as the payment that set the mandate up. */
function aboutSetup(type: string, intent: Stripe.SetupIntent): WebhookMeaning {
  const ids = {
    connector_transaction_id: intent.id,
    merchant_transaction_id: intent.metadata?.attempt_id,
  };
  return {
    type,
    reference: { payment: ids },
    claim: { payments_response: { ...ids, status_code: 200 } },
    content: () => {
      const { attempt_status, error, mandate_reference, response } = setupAnswer(intent);
      return {
        payments_response: {
          ...ids,
          status: attempt_status,
          status_code: 200,
          ...mandateFields(mandate_reference),
          ...response,
          ...(error && { error: ucsError(error) }),
        },
      };
    },
  };
}

function aboutRefund(refund: Stripe.Refund): WebhookMeaning {
  const ids = {
    connector_refund_id: refund.id,
    merchant_refund_id: refund.metadata?.refund_id,
    connector_transaction_id: idOf(refund.payment_intent) ?? idOf(refund.charge),
  };
  return {
    type: REFUND_TYPES[refundStatus(refund)] ?? UNKNOWN.type,
    reference: { refund: ids },
    claim: { refunds_response: { ...ids, status_code: 200 } },
    content: () => {
      const { refund_status, error, response } = refundAnswer(refund);
      return {
        refunds_response: {
          ...response,
          ...ids,
          status: refund_status,
          status_code: 200,
          ...(error && { error: ucsError(error) }),
        },
      };
    },
  };
}

function aboutDispute(eventType: string, dispute: Stripe.Dispute): WebhookMeaning {
  const dispute_status = disputeStatus(dispute);
  const ids = {
    connector_dispute_id: dispute.id,
    connector_transaction_id: idOf(dispute.payment_intent) ?? idOf(dispute.charge),
  };
  return {
    // Funds that move between the accounts say nothing new of the dispute itself.
    type: /\.(created|updated|closed)$/.test(eventType) ? `WEBHOOK_${dispute_status}` : UNKNOWN.type,
    reference: { dispute: ids },
    claim: { disputes_response: { ...ids, status_code: 200 } },
    content: () => ({
      disputes_response: { ...disputeFields(dispute), ...ids, dispute_status, status_code: 200 },
    }),
  };
}

/** A mandate is known by its payment method, which is what later charges name. */
function aboutMandate(mandate: Stripe.Mandate): WebhookMeaning {
  const id = idOf(mandate.payment_method);
  const types: Readonly<Record<string, string>> = { active: 'MANDATE_ACTIVE', inactive: 'MANDATE_REVOKED' };
  const type = types[mandate.status];
  if (id === undefined || type === undefined) return UNKNOWN;
  const claim = { payments_response: { status_code: 200 } };
  return {
    type,
    reference: { mandate: { connector_mandate_id: id } },
    claim,
    content: () => ({ payments_response: { ...mandateFields(mandateReference(id)), status_code: 200 } }),
  };
}
