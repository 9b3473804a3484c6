import { describe, expect, it } from 'vitest';
import { fromStripe, moneyOf, toStripe } from './stripe-amount.js';

describe('amounts at Stripe', () => {
  it.each([
    ['EUR', 1_250, 1_250],
    ['JPY', 500, 500],
    ['KWD', 12_340, 12_340],
    ['UGX', 500, 50_000],
    ['USD', 0, 0],
  ])('hands %s %i over as %i', (currency, minorAmount, amount) => {
    expect(toStripe(minorAmount, currency)).toEqual({ amount, currency: currency.toLowerCase() });
    expect(fromStripe(amount, currency.toLowerCase())).toBe(minorAmount);
    expect(moneyOf(amount, currency.toLowerCase())).toEqual({ minor_amount: minorAmount, currency });
  });

  it.each(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])('refuses %s that Stripe would have to round', (currency) => {
    expect(() => toStripe(12_345, currency)).toThrow(/steps of 10 minor units/);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 60])('refuses %d', (amount) => {
    expect(() => toStripe(amount, 'EUR')).toThrow(/whole number/);
  });
});
