/** The payment method of a request, as Stripe's: one that exists there, or the parameters of one to make. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { Refusal } from '../call/refusal.js';
import type { StripeCall } from '../call/stripe-call.js';
import { billingDetails } from './customer-details.js';
import { field, firstText, text } from './request-reader.js';

export type PaymentMethodRef = {
  readonly id: string;
  /** Stripe's type: `card`, `sepa_debit`, `ideal` … */
  readonly type: string;
};

/** Methods that need no data but their name, because the customer gives them after a redirect. */
const BY_REDIRECT: Readonly<Record<string, Stripe.PaymentMethodCreateParams.Type>> = {
  ideal: 'ideal',
  bancontact_card: 'bancontact',
  eps: 'eps',
  przelewy24: 'p24',
  klarna: 'klarna',
  affirm: 'affirm',
  afterpay_clearpay: 'afterpay_clearpay',
  alma: 'alma',
  ali_pay_redirect: 'alipay',
  amazon_pay_redirect: 'amazon_pay',
  revolut_pay_redirect: 'revolut_pay',
};

const CARD_MEMBERS = ['card', 'card_with_no_cvc', 'card_proxy'] as const;

/**
 * Makes the payment method at Stripe, which moves no money, or names the one that the request's token is.
 *
 * @throws Refusal for payment methods that this worker does not know
 */
export async function paymentMethodFor(call: StripeCall): Promise<PaymentMethodRef> {
  const { request, stripe, keyed } = call;
  const token = firstText(request, ['payment_method', 'token', 'token'], ['connector_token']);
  if (token?.startsWith('pm_') || token?.startsWith('card_') || token?.startsWith('src_')) {
    if (!token.startsWith('pm_')) return { id: token, type: 'card' };
    const { id, type } = await stripe.paymentMethods.retrieve(token);
    return { id, type };
  }
  const created = await stripe.paymentMethods.create(
    paymentMethodParams(request, token),
    keyed('payment_method'),
  );
  return { id: created.id, type: created.type };
}

/** @throws Refusal for payment methods that this worker does not know */
export function paymentMethodParams(
  request: BridgeRequest,
  token?: string,
): Stripe.PaymentMethodCreateParams {
  const billing_details = billingDetails(request);
  if (token !== undefined) return { type: 'card', card: { token }, billing_details };
  const card = cardOf(request);
  if (card !== undefined) return { type: 'card', card, billing_details };
  const iban = text(request, 'payment_method', 'sepa', 'iban');
  if (iban !== undefined) return { type: 'sepa_debit', sepa_debit: { iban }, billing_details };
  const name = Object.keys((field(request, 'payment_method') as object | undefined) ?? {})[0];
  const type = name === undefined ? undefined : BY_REDIRECT[name];
  if (type !== undefined) return { type, billing_details };
  throw new Refusal(
    'payment_method_not_supported',
    `This worker hands cards, tokens, SEPA debits and ${Object.keys(BY_REDIRECT).join(', ')} to Stripe, not ${name ?? 'a request without a payment method'}`,
  );
}

function cardOf(request: BridgeRequest): Stripe.PaymentMethodCreateParams.Card | undefined {
  const path = [
    ...CARD_MEMBERS.map((member) => ['payment_method', member]),
    // The Proxy methods have it at the top.
    ['card_proxy'],
  ].find((candidate) => text(request, ...candidate, 'card_number') !== undefined);
  if (path === undefined) return undefined;
  const year = Number(text(request, ...path, 'card_exp_year'));
  return {
    number: text(request, ...path, 'card_number') ?? '',
    exp_month: Number(text(request, ...path, 'card_exp_month')),
    exp_year: year < 100 ? 2000 + year : year,
    cvc: text(request, ...path, 'card_cvc'),
  };
}
