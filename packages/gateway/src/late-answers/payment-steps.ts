/** How far a payment has come, by its UCS status: of two that are told of it, the one further on is the later. Pure. */
import { saysFailed } from '@nats-bridge/protocol';

/** Reserved, being captured or released, and over. */
const STEPS: Readonly<Record<string, 1 | 2 | 3>> = {
  AUTHORIZED: 1,
  PARTIALLY_AUTHORIZED: 1,
  CAPTURE_INITIATED: 2,
  VOID_INITIATED: 2,
  PARTIAL_CHARGED_AND_CHARGEABLE: 2,
  CHARGED: 3,
  PARTIAL_CHARGED: 3,
  VOIDED: 3,
  VOIDED_POST_CAPTURE: 3,
  AUTO_REFUNDED: 3,
  EXPIRED: 3,
};

/** A failure comes after what was still open, and says nothing of what was reserved. */
export function stepOf(status: string): number {
  return STEPS[status] ?? (saysFailed(status) ? 1 : 0);
}

/** Whether nothing of its own accord follows. */
export function isOver(status: string): boolean {
  return STEPS[status] === 3 || saysFailed(status);
}

/** What a worker says that could not tell. */
export const UNTOLD: ReadonlySet<string> = new Set(['', 'PAYMENT_STATUS_UNSPECIFIED', 'UNRESOLVED']);
