/** Names and addresses of a request, as Stripe has them. Fields that are not there are left out. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { firstText, text } from './request-reader.js';

/** The customer's id at Stripe, wherever this method's request has it. */
export function customerIdOf(request: BridgeRequest): string | undefined {
  return firstText(
    request,
    ['connector_customer_id'],
    ['state', 'connector_customer_id'],
    ['customer', 'connector_customer_id'],
  );
}

export function billingDetails(
  request: BridgeRequest,
): Stripe.PaymentMethodCreateParams.BillingDetails | undefined {
  const path = ['address', 'billing_address'];
  const details = present({
    name:
      personName(request, path) ??
      firstText(
        request,
        ['payment_method', 'card', 'card_holder_name'],
        ['card_proxy', 'card_holder_name'],
        ['payment_method', 'sepa', 'bank_account_holder_name'],
        ['customer', 'name'],
      ),
    email: text(request, ...path, 'email') ?? text(request, 'customer', 'email'),
    phone: phone(request, path),
    address: addressOf(request, path),
  });
  return isEmpty(details) ? undefined : details;
}

export function shippingOf(request: BridgeRequest): Stripe.PaymentIntentCreateParams.Shipping | undefined {
  const path = ['address', 'shipping_address'];
  const [name, address] = [personName(request, path), addressOf(request, path)];
  // Stripe wants both, or neither.
  return name === undefined || address === undefined
    ? undefined
    : { name, address, ...present({ phone: phone(request, path) }) };
}

/** A customer to make: of the operation on customers, or of a payment that is to be repeated later. */
export function customerParams(request: BridgeRequest): Stripe.CustomerCreateParams {
  const path = ['address', 'billing_address'];
  const merchantCustomerId = firstText(request, ['merchant_customer_id'], ['customer', 'id']);
  return present({
    name: firstText(request, ['customer_name'], ['customer', 'name']) ?? personName(request, path),
    email: firstText(request, ['email'], ['customer', 'email'], [...path, 'email']),
    phone: firstText(request, ['phone_number'], ['customer', 'phone_number']),
    address: addressOf(request, path),
    metadata: present({ merchant_id: request.merchant_id, merchant_customer_id: merchantCustomerId }),
  });
}

function personName(request: BridgeRequest, path: readonly string[]): string | undefined {
  const parts = [text(request, ...path, 'first_name'), text(request, ...path, 'last_name')].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(' ');
}

function phone(request: BridgeRequest, path: readonly string[]): string | undefined {
  const number = text(request, ...path, 'phone_number');
  return number === undefined ? undefined : `${text(request, ...path, 'phone_country_code') ?? ''}${number}`;
}

function addressOf(request: BridgeRequest, path: readonly string[]): Stripe.AddressParam | undefined {
  const address = present({
    line1: text(request, ...path, 'line1'),
    line2: text(request, ...path, 'line2'),
    city: text(request, ...path, 'city'),
    state: text(request, ...path, 'state'),
    postal_code: text(request, ...path, 'zip_code'),
    country: text(request, ...path, 'country_alpha2_code'),
  });
  return isEmpty(address) ? undefined : address;
}

/** Without the fields that are undefined. */
export function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

function isEmpty(fields: object): boolean {
  return Object.keys(fields).length === 0;
}
