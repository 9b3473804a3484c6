/** Makes and confirms a PaymentIntent: the one call that takes money, for authorize, charge and mandates with an amount. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { attemptMetadata } from '../idempotency/attempt-metadata.js';
import { findByKey } from '../idempotency/look-first.js';
import { present, shippingOf } from '../request/customer-details.js';
import { mandateDataFor } from '../request/mandate-data.js';
import type { PaymentMethodRef } from '../request/payment-method.js';
import { field, firstText, text } from '../request/request-reader.js';
import { stripeAmount } from '../request/stripe-amount.js';
import type { StripeCall } from './stripe-call.js';

export type NewPayment = {
  readonly paymentMethod: PaymentMethodRef;
  /** At Stripe; needed where the payment method belongs to one, or is to be kept. */
  readonly customer?: string;
  /** A merchant's own charge, without the customer there. */
  readonly isOffSession?: boolean;
  /** The payment method is kept for later charges. */
  readonly isKept?: boolean;
};

/** The charge is expanded: it holds what the network said. */
export const EXPANDED: Stripe.PaymentIntentRetrieveParams = { expand: ['latest_charge'] };

/**
 * Makes the payment, once for each request however old it is.
 *
 * @param prepare the steps before it, which are not taken again for a payment that is there
 */
export async function createPayment(
  call: StripeCall,
  prepare: () => Promise<NewPayment>,
): Promise<Stripe.PaymentIntent> {
  return (await call.lookFirst(() => findByKey(call))) ?? create(call, await prepare());
}

function create(
  { request, stripe, idempotencyKey, keyed }: StripeCall,
  { paymentMethod, customer, isOffSession = false, isKept = false }: NewPayment,
): Promise<Stripe.PaymentIntent> {
  const params: Stripe.PaymentIntentCreateParams = {
    ...stripeAmount(request, 'amount'),
    ...EXPANDED,
    confirm: true,
    payment_method: paymentMethod.id,
    allowed_payment_method_types: [paymentMethod.type as 'card'],
    capture_method: isCapturedLater(request) ? 'manual' : 'automatic',
    metadata: { ...attemptMetadata(request), idempotency_key: idempotencyKey },
    ...present({
      customer,
      off_session: isOffSession || undefined,
      setup_future_usage: futureUsage(request, isKept),
      description: text(request, 'description'),
      statement_descriptor_suffix: firstText(
        request,
        ['billing_descriptor', 'statement_descriptor_suffix'],
        ['statement_descriptor_suffix'],
      ),
      return_url: isOffSession ? undefined : returnUrl(request),
      shipping: shippingOf(request),
      mandate_data: isOffSession ? undefined : mandateDataFor(request, paymentMethod.type),
      payment_method_options: paymentMethod.type === 'card' ? cardOptions(request) : undefined,
    }),
  };
  return stripe.paymentIntents.create(params, keyed());
}

/** Where Stripe sends the customer back to. */
export function returnUrl(request: BridgeRequest): string | undefined {
  return firstText(request, ['return_url'], ['complete_authorize_url']);
}

function isCapturedLater(request: BridgeRequest): boolean {
  return ['MANUAL', 'MANUAL_MULTIPLE', 'SCHEDULED'].includes(text(request, 'capture_method') ?? '');
}

function futureUsage(request: BridgeRequest, isKept: boolean): 'off_session' | 'on_session' | undefined {
  if (isKept) return 'off_session';
  return text(request, 'setup_future_usage') === 'ON_SESSION' ? 'on_session' : undefined;
}

function cardOptions(
  request: BridgeRequest,
): Stripe.PaymentIntentCreateParams.PaymentMethodOptions | undefined {
  const card = present({
    request_three_d_secure: text(request, 'auth_type') === 'THREE_DS' ? ('any' as const) : undefined,
    request_multicapture:
      text(request, 'capture_method') === 'MANUAL_MULTIPLE' ? ('if_available' as const) : undefined,
    request_incremental_authorization:
      field(request, 'request_incremental_authorization') === true ? ('if_available' as const) : undefined,
    three_d_secure: authenticatedElsewhere(request),
  });
  return Object.keys(card).length === 0 ? undefined : { card };
}

/** 3-D Secure that another provider has done already. */
function authenticatedElsewhere(
  request: BridgeRequest,
): Stripe.PaymentIntentCreateParams.PaymentMethodOptions.Card.ThreeDSecure | undefined {
  const path = 'authentication_data';
  const cryptogram = text(request, path, 'cavv');
  const transaction_id = firstText(
    request,
    [path, 'ds_transaction_id'],
    [path, 'threeds_server_transaction_id'],
  );
  if (cryptogram === undefined || transaction_id === undefined) return undefined;
  return {
    cryptogram,
    transaction_id,
    // Stripe knows the two versions that were in use; any other it refuses itself.
    version: (text(request, path, 'message_version') ?? '2.2.0') as '2.2.0',
    ...present({ electronic_commerce_indicator: text(request, path, 'eci') as '05' | undefined }),
  };
}
