/** What a PaymentIntent says, as a worker's response. */
import type { BridgeResponse } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { recordable } from '../call/without-secrets.js';
import { idOf, mandateReference } from '../request/mandate-reference.js';
import { fromStripe } from '../request/stripe-amount.js';
import { errorOf, withOutcome } from './decline.js';
import { redirectionOf } from './redirection.js';

/** @param intent with its latest charge expanded, where it has one */
export function paymentAnswer(intent: Stripe.PaymentIntent): BridgeResponse {
  const captured = capturedOf(intent);
  const customer = idOf(intent.customer);
  const paymentMethod = idOf(intent.payment_method);
  const isMandate = intent.setup_future_usage === 'off_session' && paymentMethod !== undefined;
  const described: Partial<BridgeResponse> = {
    transaction_id: intent.id,
    connector_metadata: { payment_intent: intent.id },
    connector_response: recordable(intent),
    network_transaction_id: networkTransactionId(chargeOf(intent)),
    ...(captured !== undefined && captured > 0 && { amount_captured: captured }),
    ...(isMandate && { mandate_reference: mandateReference(paymentMethod) }),
    ...(customer !== undefined && { response: { state: { connector_customer_id: customer } } }),
  };
  const attempt_status = paymentStatus(intent);
  if (attempt_status === 'FAILURE' || attempt_status === 'AUTHENTICATION_FAILED')
    return { ...described, status: 'failure', attempt_status, error: declineOf(intent) };
  if (intent.status === 'requires_action')
    return {
      ...described,
      status: 'processing',
      attempt_status,
      redirection: redirectionOf(intent.next_action),
    };
  const isSettled = ['succeeded', 'requires_capture', 'canceled'].includes(intent.status);
  return { ...described, status: isSettled ? 'success' : 'processing', attempt_status };
}

/** The UCS PaymentStatus of a PaymentIntent. */
export function paymentStatus(intent: Stripe.PaymentIntent): string {
  const captured = intent.amount_received ?? 0;
  switch (intent.status) {
    case 'succeeded':
      return captured > 0 && captured < intent.amount ? 'PARTIAL_CHARGED' : 'CHARGED';
    case 'requires_capture':
      return captured > 0 ? 'PARTIAL_CHARGED_AND_CHARGEABLE' : 'AUTHORIZED';
    case 'processing':
      return 'PENDING';
    case 'requires_action':
      return 'AUTHENTICATION_PENDING';
    case 'requires_confirmation':
      return 'CONFIRMATION_AWAITED';
    case 'canceled':
      return 'VOIDED';
    case 'requires_payment_method':
      if (!intent.last_payment_error) return 'PAYMENT_METHOD_AWAITED';
      return intent.last_payment_error.code === 'payment_intent_authentication_failure'
        ? 'AUTHENTICATION_FAILED'
        : 'FAILURE';
    default:
      return 'PENDING';
  }
}

function declineOf(intent: Stripe.PaymentIntent) {
  return errorOf(withOutcome(intent.last_payment_error ?? {}, chargeOf(intent)?.outcome));
}

/** In Hyperswitch's minor units; undefined where Stripe does not say. */
function capturedOf({ amount_received, currency }: Stripe.PaymentIntent): number | undefined {
  return typeof amount_received === 'number' ? fromStripe(amount_received, currency) : undefined;
}

function chargeOf({ latest_charge }: Stripe.PaymentIntent): Stripe.Charge | undefined {
  return typeof latest_charge === 'object' && latest_charge !== null ? latest_charge : undefined;
}

function networkTransactionId(charge: Stripe.Charge | undefined): string | undefined {
  return charge?.payment_method_details?.card?.network_transaction_id ?? undefined;
}
