/** Amounts as people read them: 12.50 EUR, 1,250 JPY, 1.250 KWD. */
import type { PaymentRow } from '../api/types.js';

type Amount = NonNullable<PaymentRow['amount']>;

/**
 * Digits behind the point of currencies that do not have two, as Hyperswitch counts minor units (its `Currency`). The
 * browser's own are those of cash registers: for it a forint has none, and 1,250 of its minor units would be 1,250 HUF.
 */
const DIGITS: Readonly<Record<number, readonly string[]>> = {
  0: [
    'BIF',
    'CLP',
    'DJF',
    'GNF',
    'JPY',
    'KMF',
    'KRW',
    'MGA',
    'PYG',
    'RWF',
    'UGX',
    'VND',
    'VUV',
    'XAF',
    'XOF',
    'XPF',
  ],
  3: ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'],
  4: ['CLF'],
};
const USUAL_DIGITS = 2;

const digitsByCurrency = new Map(
  Object.entries(DIGITS).flatMap(([digits, currencies]) =>
    currencies.map((currency) => [currency, Number(digits)] as const),
  ),
);
const formats = new Map(
  [USUAL_DIGITS, ...digitsByCurrency.values()].map((digits) => [
    digits,
    new Intl.NumberFormat('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  ]),
);

/** @returns a dash where it is not known, or there is none */
export function money(amount: Amount | undefined): string {
  if (amount === undefined) return '–';
  const { minor_amount, currency } = amount;
  const digits = digitsByCurrency.get(currency) ?? USUAL_DIGITS;
  return `${formats.get(digits)?.format(minor_amount / 10 ** digits)} ${currency}`;
}
