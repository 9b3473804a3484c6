/** Sends many dead letters again: at a rate, and never one that may have been charged. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetters } from './dead-letters.js';
import type { Actor } from './letter-action.js';
import { type BulkResult, byVerdict, failuresOf } from './plan-retry.js';

export type BulkOptions = {
  /** At most so many a second. */
  readonly perSecond: number;
  readonly actor: Actor;
  readonly onProgress?: (done: number, of: number) => void;
};

export async function retryMany(
  letters: Pick<DeadLetters, 'verdict' | 'retry'>,
  chosen: readonly DeadLetter[],
  { perSecond, actor, onProgress }: BulkOptions,
): Promise<BulkResult> {
  const { wanted, skipped } = await byVerdict(letters, chosen);
  const pauseMs = 1_000 / perSecond;
  const startedAt = performance.now();
  const failed = await failuresOf(wanted, async (letter, index) => {
    await sleep(Math.max(0, startedAt + index * pauseMs - performance.now()));
    await letters.retry(letter, actor).finally(() => onProgress?.(index + 1, wanted.length));
  });
  const ms = Math.round(performance.now() - startedAt);
  return { retried: wanted.length - failed.length, skipped, failed, ms };
}
