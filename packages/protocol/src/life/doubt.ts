/** Whether anybody will still answer an operation that nobody has answered in time (P1, P4). Pure. */
import type { OperationRecord } from './record.js';

export type DoubtFacts = {
  /** The last of its key. */
  readonly record: OperationRecord | undefined;
  /** Of an answered operation. `unavailable`: it could not be fetched just now. */
  readonly answer: 'readable' | 'unreadable' | 'unavailable';
  /** Its request lies in the work stream: a worker may have it, or get it again. */
  readonly isWaiting: boolean;
  /** When every delivery of it is over, whether or not the stream lets go of it; milliseconds since the epoch. */
  readonly overAt: number;
};

export type DoubtDecision =
  /** Its answer is there, or it was withdrawn, or its record has expired: there is no doubt. */
  | { readonly kind: 'settled' }
  /** Somebody may still answer it. */
  | { readonly kind: 'wait' }
  /** Nobody will: a person has to find out. */
  | { readonly kind: 'given_up' };

export function decideDoubt({ record, answer, isWaiting, overAt }: DoubtFacts, now: number): DoubtDecision {
  switch (record?.state) {
    case undefined:
    case 'withdrawn':
      return { kind: 'settled' };
    case 'answered':
      if (answer === 'unavailable') return { kind: 'wait' };
      return { kind: answer === 'readable' ? 'settled' : 'given_up' };
    case 'claimed':
      if ((record.leaseUntil ?? 0) > now) return { kind: 'wait' };
      return { kind: isWaiting && now < overAt ? 'wait' : 'given_up' };
    case 'sent':
      return { kind: isWaiting && now < overAt ? 'wait' : 'given_up' };
  }
}
