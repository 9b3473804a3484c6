/** What a SetupIntent says, as a worker's response. */
import type { BridgeResponse } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { recordable } from '../call/without-secrets.js';
import { idOf, mandateReference } from '../request/mandate-reference.js';
import { errorOf } from './decline.js';
import { redirectionOf } from './redirection.js';

export function setupAnswer(intent: Stripe.SetupIntent): BridgeResponse {
  const customer = idOf(intent.customer);
  const paymentMethod = idOf(intent.payment_method);
  const described: Partial<BridgeResponse> = {
    transaction_id: intent.id,
    connector_metadata: { setup_intent: intent.id },
    connector_response: recordable(intent),
    ...(customer !== undefined && { response: { state: { connector_customer_id: customer } } }),
  };
  switch (intent.status) {
    case 'succeeded':
      return {
        ...described,
        status: 'success',
        attempt_status: 'CHARGED',
        ...(paymentMethod !== undefined && { mandate_reference: mandateReference(paymentMethod) }),
      };
    case 'requires_action':
      return {
        ...described,
        status: 'processing',
        attempt_status: 'AUTHENTICATION_PENDING',
        redirection: redirectionOf(intent.next_action),
      };
    case 'canceled':
      return { ...described, status: 'success', attempt_status: 'VOIDED' };
    case 'requires_payment_method':
      if (!intent.last_setup_error)
        return { ...described, status: 'processing', attempt_status: 'PAYMENT_METHOD_AWAITED' };
      return {
        ...described,
        status: 'failure',
        attempt_status:
          intent.last_setup_error.code === 'setup_intent_authentication_failure'
            ? 'AUTHENTICATION_FAILED'
            : 'FAILURE',
        error: errorOf(intent.last_setup_error),
      };
    default:
      return { ...described, status: 'processing', attempt_status: 'PENDING' };
  }
}
