/** Amounts as Stripe wants them: its minor unit is Hyperswitch's, except where its documentation on currencies says otherwise. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import { Refusal } from '../call/refusal.js';
import { field, text } from './request-reader.js';

export type StripeAmount = { readonly amount: number; readonly currency: string };

/** Three decimals, of which Stripe has the last one be zero. */
const THREE_DECIMALS = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);
/** No decimals in Hyperswitch, two (always 00) in Stripe's API, for its backward compatibility. */
const HUNDREDFOLD = new Set(['UGX']);

/**
 * Reads a Money field of the request.
 *
 * @throws Refusal when there is no such amount, or Stripe cannot express it
 */
export function stripeAmount(request: BridgeRequest, name: string): StripeAmount {
  const currency = text(request, name, 'currency');
  const minorAmount = Number(field(request, name, 'minor_amount') ?? 0);
  if (currency === undefined)
    throw new Refusal('parameter_missing', `${name}.currency is missing: send an ISO 4217 code`);
  return toStripe(minorAmount, currency);
}

/** @throws Refusal when Stripe cannot express it */
export function toStripe(minorAmount: number, currency: string): StripeAmount {
  if (!Number.isSafeInteger(minorAmount) || minorAmount < 0)
    throw new Refusal('invalid_amount', 'An amount is a whole number of minor units, and not negative');
  if (THREE_DECIMALS.has(currency) && minorAmount % 10 !== 0)
    throw new Refusal(
      'invalid_amount',
      `Stripe takes ${currency} in steps of 10 minor units, and ${minorAmount} is none: round it before`,
    );
  const factor = HUNDREDFOLD.has(currency) ? 100 : 1;
  return { amount: minorAmount * factor, currency: currency.toLowerCase() };
}

/** Hyperswitch's minor units of an amount that Stripe said. */
export function fromStripe(amount: number, currency: string): number {
  return HUNDREDFOLD.has(currency.toUpperCase()) ? Math.round(amount / 100) : amount;
}

/** A UCS Money of an amount that Stripe said. */
export function moneyOf(amount: number, currency: string) {
  return { minor_amount: fromStripe(amount, currency), currency: currency.toUpperCase() };
}
