/** Which letters somebody wants to see. */
import type { Queue, Verdict } from '@nats-bridge/protocol';
import type { DeadLetter } from './dead-letter.js';

export type LetterFilter = {
  /** Default: both. */
  readonly queue?: Queue;
  readonly merchantId?: string;
  readonly operation?: string;
  readonly verdict?: Verdict;
  /** Part of the reason or of the error. */
  readonly cause?: string;
  /** Exactly this reason. */
  readonly reason?: string;
  /** Exactly this error; `''`: letters without one. */
  readonly error?: string;
  readonly worker?: string;
  readonly since?: Date;
  readonly until?: Date;
};

type Matched = Pick<
  DeadLetter,
  'merchantId' | 'operation' | 'verdict' | 'worker' | 'reason' | 'error' | 'at'
>;

/** The queue is not asked: who lists them reads the ones that are wanted. */
export function matches(letter: Matched, filter: LetterFilter): boolean {
  const { merchantId, operation, verdict, cause, reason, error, worker, since, until } = filter;
  const causes = `${letter.reason} ${letter.error ?? ''}`.toLowerCase();
  return (
    (merchantId === undefined || letter.merchantId === merchantId) &&
    (operation === undefined || letter.operation === operation) &&
    (verdict === undefined || letter.verdict === verdict) &&
    (worker === undefined || letter.worker === worker) &&
    (cause === undefined || causes.includes(cause.toLowerCase())) &&
    (reason === undefined || letter.reason === reason) &&
    (error === undefined || (letter.error ?? '') === error) &&
    (since === undefined || letter.at >= since) &&
    (until === undefined || letter.at < until)
  );
}

const QUEUES = ['interventions', 'dead_letters'] as const satisfies readonly Queue[];

export function queuesOf({ queue }: LetterFilter): readonly Queue[] {
  return queue === undefined ? QUEUES : [queue];
}
