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
 * @param mayHaveRunUnrecorded workers that keep no record may have been given the message: it could not be taken out of
 *   its stream before any consumer had got it
 */
export function decideWithdrawal(
  record: OperationRecord | undefined,
  mayHaveRunUnrecorded: boolean,
): WithdrawalDecision {
  switch (record?.state) {
    case 'answered':
      return { kind: 'answered' };
    case 'withdrawn':
      return { kind: 'withdrawn' };
    case 'claimed':
      return { kind: 'in_doubt' };
    case 'sent':
    case undefined:
      return mayHaveRunUnrecorded
        ? { kind: 'in_doubt' }
        : { kind: 'withdraw', expectedSeq: record?.seq ?? 0 };
  }
}
