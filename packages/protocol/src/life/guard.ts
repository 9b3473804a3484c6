/**
 * The guard: what a worker may do with a delivery, by the record of its key. Pure: the same rules run in workers,
 * and on virtual time in the simulator.
 */
import type { OperationRecord } from './record.js';

/** A request as it was delivered to a worker. */
export type GuardedDelivery = {
  /** Of the request. */
  readonly correlationId: string;
  readonly fingerprint: string | undefined;
  readonly retry: number;
  /** Milliseconds since the epoch; undefined for a request without one. */
  readonly deadlineAt: number | undefined;
  /** It had been delivered before. */
  readonly isRedelivered: boolean;
  /** Of the worker that has it in hand. */
  readonly worker: string;
};

export type GuardDecision =
  /** Write the claim, on condition that the record's last sequence is still this one, and only then begin. */
  | { readonly kind: 'claim'; readonly attempt: number; readonly expectedSeq: number }
  /** It was answered: say the same again, run nothing. */
  | { readonly kind: 'resend' }
  /** Somebody has it in hand: come back later. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Nobody began in time: note that nobody may any more, on the same condition as a claim. */
  | { readonly kind: 'expire'; readonly expectedSeq: number }
  /** It was withdrawn: run nothing. */
  | { readonly kind: 'drop' }
  /** The key belongs to a request that asked for something else: refuse, run nothing. */
  | { readonly kind: 'conflict' };

/** The rule for each state of the record, newest knowledge first. */
export function guardDelivery(
  record: OperationRecord | undefined,
  delivery: GuardedDelivery,
  now: number,
): GuardDecision {
  const expectedSeq = record?.seq ?? 0;
  const isExpired = delivery.deadlineAt !== undefined && delivery.deadlineAt <= now;
  const begin: GuardDecision = isExpired
    ? { kind: 'expire', expectedSeq }
    : { kind: 'claim', attempt: 1, expectedSeq };
  if (record === undefined) return begin;
  // Only a person who looked at it can have it sent again, and may have mended it.
  if (record.state === 'withdrawn' && delivery.retry > record.retry) return begin;
  if (isOtherContent(record, delivery)) return { kind: 'conflict' };
  switch (record.state) {
    case 'answered':
      return { kind: 'resend' };
    case 'withdrawn':
      return { kind: 'drop' };
    case 'sent':
      // Workers that keep no record do not write down that they have it, neither an earlier request of the key nor an
      // earlier delivery of this one, nor what they heard as it passed: as if somebody had begun.
      return record.correlationId === delivery.correlationId && !delivery.isRedelivered && !record.isHeard
        ? begin
        : { kind: 'claim', attempt: 2, expectedSeq };
    case 'claimed': {
      const leftMs = (record.leaseUntil ?? 0) - now;
      if (leftMs > 0) return { kind: 'wait', ms: leftMs };
      // It may have had its effect: expired or not, only a handler that looks can tell.
      return { kind: 'claim', attempt: (record.attempt ?? 1) + 1, expectedSeq };
    }
  }
}

function isOtherContent(record: OperationRecord, { fingerprint }: GuardedDelivery): boolean {
  return record.fingerprint !== undefined && fingerprint !== undefined && record.fingerprint !== fingerprint;
}
