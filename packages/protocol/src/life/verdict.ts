/** What may be done with a request that was given up, by what its record says happened (docs/dead-letters.md). Pure. */
import type { OperationRecord } from './record.js';

/**
 * `never_sent`: no worker began; a retry charges once, if that is still wanted. `answered_no`: the processor declined; only a new key may try again.
 * `unknown`: it may have been charged; ask the processor first. `answered_yes`: it was charged; deliver the answer,
 * never retry.
 */
export type Verdict = 'never_sent' | 'answered_no' | 'unknown' | 'answered_yes';

export const VERDICT_ADVICE: Readonly<Record<Verdict, string>> = {
  never_sent:
    'no worker began it: nothing was charged, its caller was told that it failed: retry it if the payment is still wanted',
  answered_no: 'the processor declined it: safe only under a new key',
  unknown: 'it may have been charged: ask the processor, then resolve or retry',
  answered_yes: 'it was carried out: its answer is recorded, never retry',
};

export type VerdictFacts = {
  readonly record: OperationRecord | undefined;
  /** The recorded answer's `status`, where there is one that can be read. */
  readonly answer: 'success' | 'failure' | 'processing' | undefined;
  /** Workers that keep no record have, or may have, had it in hand. */
  readonly mayHaveRunUnrecorded: boolean;
};

export function verdictOf({ record, answer, mayHaveRunUnrecorded }: VerdictFacts): Verdict {
  switch (record?.state) {
    case 'answered':
      if (answer === undefined) return 'unknown';
      return answer === 'failure' ? 'answered_no' : 'answered_yes';
    case 'withdrawn':
      return 'never_sent';
    case 'claimed':
      return 'unknown';
    case 'sent':
    case undefined:
      return mayHaveRunUnrecorded ? 'unknown' : 'never_sent';
  }
}
