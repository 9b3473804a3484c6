/** Sends many dead letters again: at a rate, and never one that may have been charged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ValidationError, type Verdict } from '@nats-bridge/protocol';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetters } from './dead-letters.js';
import type { Actor } from './letter-action.js';

export type BulkOptions = {
  /** At most so many a second. */
  readonly perSecond: number;
  readonly actor: Actor;
  /** Says what would happen, and does nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (done: number, of: number) => void;
};

export type BulkResult = {
  /** Sent, or in a dry run: would be. */
  readonly retried: number;
  /** Left as they are, by what the ledger says of them. */
  readonly skipped: Readonly<Partial<Record<Verdict, number>>>;
  /** Could not be sent, or in a dry run: could not be now, with why. */
  readonly failed: readonly { readonly seq: number; readonly why: string }[];
  /** How long it takes, or took, in milliseconds. */
  readonly ms: number;
};

export async function retryMany(
  letters: Pick<DeadLetters, 'verdict' | 'retry' | 'checkRetry'>,
  chosen: readonly DeadLetter[],
  { perSecond, actor, dryRun = false, onProgress }: BulkOptions,
): Promise<BulkResult> {
  const skipped: Partial<Record<Verdict, number>> = {};
  const safe: DeadLetter[] = [];
  for (const letter of chosen) {
    const verdict = await letters.verdict(letter);
    if (verdict === 'never_sent') safe.push(letter);
    else skipped[verdict] = (skipped[verdict] ?? 0) + 1;
  }
  const failed: { seq: number; why: string }[] = [];
  async function tryOne(letter: DeadLetter, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      // Its verdict changed meanwhile, or it cannot be sent; anything else ends the run.
      if (!(error instanceof ValidationError)) throw error;
      failed.push({ seq: letter.seq, why: error.message });
    }
  }
  const result = (ms: number) => ({
    retried: safe.length - failed.length,
    skipped,
    failed,
    ms: Math.round(ms),
  });
  const pauseMs = 1_000 / perSecond;
  if (dryRun) {
    for (const letter of safe) await tryOne(letter, () => letters.checkRetry(letter));
    return result((safe.length - failed.length) * pauseMs);
  }
  const startedAt = performance.now();
  for (const [index, letter] of safe.entries()) {
    await sleep(Math.max(0, startedAt + index * pauseMs - performance.now()));
    await tryOne(letter, () => letters.retry(letter, actor));
    onProgress?.(index + 1, safe.length);
  }
  return result(performance.now() - startedAt);
}
