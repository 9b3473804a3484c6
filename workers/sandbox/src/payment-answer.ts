/** What the processor says of a payment, as a worker's response. */
import type { HandlerResponse } from '@nats-bridge/worker';
import { attemptStatus, type Decline, type Payment, refunded } from './payment.js';

/** The answer to an operation that left the payment so. */
export function answerTo(payment: Payment): HandlerResponse {
  if (payment.status === 'failed') return declined(payment);
  const described = describe(payment);
  if (payment.status === 'requires_action')
    return { ...described, status: 'processing', redirection: redirection(payment) };
  return payment.mandateId === undefined
    ? described
    : { ...described, mandate_reference: mandateReference(payment.mandateId) };
}

/** What a sync says of a payment. */
export function describe(payment: Payment): HandlerResponse {
  const isProcessing = payment.status === 'processing' || payment.status === 'requires_action';
  if (payment.status === 'failed') return declined(payment);
  return {
    status: isProcessing ? 'processing' : 'success',
    transaction_id: payment.id,
    attempt_status: attemptStatus(payment),
    ...(payment.captured > 0 && { amount_captured: payment.captured }),
    network_transaction_id: `ntid_${payment.id.slice(4, 16)}`,
    connector_metadata: { sandbox_payment: payment.id },
    connector_response: {
      id: payment.id,
      object: 'payment',
      status: payment.status,
      amount: payment.authorized,
      amount_captured: payment.captured,
      amount_refunded: refunded(payment),
      currency: payment.currency,
      last4: payment.last4,
    },
  };
}

/** When the customer does not complete the redirect, and for failures that have no reason of their own. */
export const AUTHENTICATION_DECLINE: Decline = {
  code: 'payment_declined',
  message: 'The payment was declined',
  networkDeclineCode: '05',
  networkAdviceCode: '02',
};

function declined(payment: Payment): HandlerResponse {
  return {
    status: 'failure',
    transaction_id: payment.id,
    error: errorOf(payment.decline ?? AUTHENTICATION_DECLINE),
    connector_response: { id: payment.id, object: 'payment', status: 'failed', last4: payment.last4 },
  };
}

export function errorOf(decline: Decline) {
  return {
    code: decline.code,
    message: decline.message,
    reason: decline.message,
    network_decline_code: decline.networkDeclineCode,
    network_advice_code: decline.networkAdviceCode,
  };
}

function redirection(payment: Payment) {
  return {
    form: {
      endpoint: `https://sandbox.invalid/3ds/${payment.id}`,
      method: 'HTTP_METHOD_POST',
      form_fields: { payment: payment.id },
    },
  };
}

export function mandateReference(id: string) {
  return { connector_mandate_id: { connector_mandate_id: id } };
}
