/** Amounts as requests and answers have them. Pure. */
import type { RouterData } from '@nats-bridge/protocol';

export type Money = {
  /** In the minor unit of the currency. */
  readonly minorAmount: number;
  /** ISO 4217, where it is said. */
  readonly currency?: string;
};

/** A UCS `Money`; undefined for what is none. */
export function moneyIn(value: unknown): Money | undefined {
  const { minor_amount, currency } = (value ?? {}) as { minor_amount?: unknown; currency?: unknown };
  if (typeof minor_amount !== 'number') return undefined;
  return { minorAmount: minor_amount, ...(typeof currency === 'string' && { currency }) };
}

/** How much an operation is asked to move: a refund also names the payment's amount, and a capture its own. */
export function amountAsked({
  refund_amount,
  amount_to_capture,
  amount,
}: RouterData['request']): Money | undefined {
  return moneyIn(refund_amount ?? amount_to_capture ?? amount);
}
