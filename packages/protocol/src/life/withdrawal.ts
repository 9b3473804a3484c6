/** What a bridge may still say of a request nobody answered in time (P2, P4). Pure. */
import type { OperationRecord } from './record.js';

export type WithdrawalDecision =
  /** Nobody began: write `withdrawn`, on condition that the record's last sequence is still this one. */
  | { readonly kind: 'withdraw'; readonly expectedSeq: number }
  /** It can never run: it may be answered as failed. */
  | { readonly kind: 'withdrawn' }
  /** The answer is there after all. */
  | { readonly kind: 'answered' }
  /** Somebody may have begun: only "pending" is true. */
  | { readonly kind: 'in_doubt' };

/**
 * @param isUndelivered for a request to workers that keep no record: the message was taken out of its stream, and
 *   no consumer had got it
 */
export function decideWithdrawal(
  record: OperationRecord | undefined,
  isUndelivered: boolean,
): WithdrawalDecision {
  if (record === undefined) return { kind: 'withdraw', expectedSeq: 0 };
  switch (record.state) {
    case 'answered':
      return { kind: 'answered' };
    case 'withdrawn':
      return { kind: 'withdrawn' };
    case 'claimed':
      return { kind: 'in_doubt' };
    case 'sent':
      return isUndelivered ? { kind: 'withdraw', expectedSeq: record.seq } : { kind: 'in_doubt' };
  }
}
