/** A letter as programs see it, at the command line and over the admin API: all but its request. */
import { type Queue, VERDICT_ADVICE, type Verdict } from '@nats-bridge/protocol';
import type { LetterSummary } from './letter-index.js';
import { letterName } from './letter-name.js';

export type ShownLetter = {
  /** `d4` or `i7`: what actions name it by. */
  readonly name: string;
  readonly queue: Queue;
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly operation: string;
  readonly idempotency_key: string;
  readonly reason: string;
  readonly error?: string;
  /** 0 where it is not known. */
  readonly attempts: number;
  readonly worker?: string;
  readonly verdict: Verdict;
  readonly advice: string;
  readonly retries: number;
  readonly original: {
    readonly stream: string;
    readonly seq: number;
    readonly subject: string;
    readonly consumer: string;
  };
};

export function shownLetter(letter: LetterSummary): ShownLetter {
  const { stream, seq, subject, consumer } = letter.original;
  return {
    name: letterName(letter),
    queue: letter.queue,
    seq: letter.seq,
    at: letter.at.toISOString(),
    merchant_id: letter.merchantId,
    payment_id: letter.paymentId,
    operation: letter.operation,
    idempotency_key: letter.idempotencyKey,
    reason: letter.reason,
    ...(letter.error !== undefined && { error: letter.error }),
    attempts: letter.attempts,
    ...(letter.worker !== undefined && { worker: letter.worker }),
    verdict: letter.verdict,
    advice: VERDICT_ADVICE[letter.verdict],
    retries: letter.retry,
    original: { stream, seq, subject, consumer },
  };
}
