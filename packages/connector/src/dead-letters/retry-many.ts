/** Sends many dead letters again, and tells what came of it when all of them are through. */
import type { Verdict } from '@nats-bridge/protocol';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetters } from './dead-letters.js';
import type { Actor } from './letter-action.js';
import { type BulkResult, countsOf, refusalOf } from './plan-retry.js';
import { retryEach } from './retry-each.js';

export type BulkOptions = {
  /** At most so many a second. */
  readonly perSecond: number;
  readonly actor: Actor;
  /** Of those that the ledger lets be sent again. */
  readonly onProgress?: (done: number, of: number) => void;
};

/** @throws what is no refusal of a letter: it ends the run */
export async function retryMany(
  letters: Pick<DeadLetters, 'verdict' | 'retry'>,
  chosen: readonly DeadLetter[],
  { perSecond, actor, onProgress }: BulkOptions,
): Promise<BulkResult> {
  const left: { readonly verdict: Verdict }[] = [];
  const failed: BulkResult['failed'][number][] = [];
  const startedAt = performance.now();
  let retried = 0;
  for await (const step of retryEach(letters, chosen, { perSecond, actor })) {
    if (step.kind === 'skipped') left.push(step);
    else if (step.kind === 'failed') failed.push(refusalOf(step.letter, step.error));
    else retried++;
    if (step.kind !== 'skipped') onProgress?.(retried + failed.length, chosen.length - left.length);
  }
  const ms = Math.round(performance.now() - startedAt);
  return { retried, skipped: countsOf(left), failed, ms };
}
