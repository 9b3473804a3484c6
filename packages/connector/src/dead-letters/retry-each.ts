/** Sends dead letters again, one after the other: at a rate, and none that may have been carried out, unless forced. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '@nats-bridge/protocol';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetters } from './dead-letters.js';
import type { Actor } from './letter-action.js';
import { byVerdict } from './plan-retry.js';

export type RetryOptions = {
  /** At most so many a second. */
  readonly perSecond: number;
  readonly actor: Actor;
  /** Also what may have been carried out; the retry itself says what it refuses. Default false. */
  readonly force?: boolean;
  /** No letter is begun after it. */
  readonly signal?: AbortSignal;
};

/** What became of one of them. */
export type RetryStep =
  | { readonly kind: 'retried'; readonly letter: DeadLetter }
  /** Left as it is, by what the ledger says of it. */
  | { readonly kind: 'skipped'; readonly letter: DeadLetter; readonly verdict: Verdict }
  | { readonly kind: 'failed'; readonly letter: DeadLetter; readonly error: Error };

/** Those that are skipped come first. @throws when the ledger cannot be read: nothing was sent */
export async function* retryEach(
  letters: Pick<DeadLetters, 'verdict' | 'retry'>,
  chosen: readonly DeadLetter[],
  { perSecond, actor, force = false, signal }: RetryOptions,
): AsyncGenerator<RetryStep, void, undefined> {
  const { wanted, left } = force ? { wanted: chosen, left: [] } : await byVerdict(letters, chosen);
  for (const { letter, verdict } of left) yield { kind: 'skipped', letter, verdict };
  const startedAt = performance.now();
  for (const [index, letter] of wanted.entries()) {
    const waitMs = startedAt + (index * 1_000) / perSecond - performance.now();
    await sleep(Math.max(0, waitMs), undefined, { signal }).catch(() => {});
    if (signal?.aborted) return;
    yield await letters.retry(letter, actor, { force }).then(
      () => ({ kind: 'retried', letter }) as const,
      (error: Error) => ({ kind: 'failed', letter, error }) as const,
    );
  }
}
