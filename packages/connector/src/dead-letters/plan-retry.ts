/** What sending many dead letters again would come to now: nothing is sent, and nothing changed. */
import { ValidationError, type Verdict } from '@nats-bridge/protocol';
import type { DeadLetter } from './dead-letter.js';
import type { DeadLetters } from './dead-letters.js';
import { letterName } from './letter-name.js';

/** What became of many letters, or would. */
export type BulkResult = {
  /** Sent again. */
  readonly retried: number;
  /** Left as they are, by what the ledger says of them. */
  readonly skipped: Readonly<Partial<Record<Verdict, number>>>;
  /** Could not be sent, with why. */
  readonly failed: readonly { readonly name: string; readonly seq: number; readonly why: string }[];
  /** How long it takes, in milliseconds. */
  readonly ms: number;
};

export type PlanOptions = {
  /** At most so many a second. */
  readonly perSecond: number;
  /** Also what may have been carried out. Default false. */
  readonly force?: boolean;
};

/** Letters that are looked at together. */
const AT_ONCE = 16;

/** @throws when the streams cannot be read */
export async function planRetry(
  letters: Pick<DeadLetters, 'verdict' | 'checkRetry'>,
  chosen: readonly DeadLetter[],
  { perSecond, force = false }: PlanOptions,
): Promise<BulkResult> {
  const { wanted, skipped } = await byVerdict(letters, chosen, force);
  const failed = await failuresOf(wanted, (letter) => letters.checkRetry(letter, { force }), AT_ONCE);
  const retried = wanted.length - failed.length;
  return { retried, skipped, failed, ms: Math.round((retried / perSecond) * 1_000) };
}

/** Those that the ledger lets be sent again, and how many it does not. */
export async function byVerdict(
  letters: Pick<DeadLetters, 'verdict'>,
  chosen: readonly DeadLetter[],
  force = false,
): Promise<{ readonly wanted: readonly DeadLetter[]; readonly skipped: BulkResult['skipped'] }> {
  const judged = await inTurns(chosen, AT_ONCE, async (letter) => ({
    letter,
    verdict: await letters.verdict(letter),
  }));
  const skipped: Partial<Record<Verdict, number>> = {};
  const wanted: DeadLetter[] = [];
  for (const { letter, verdict } of judged)
    if (verdict === 'never_sent' || (force && verdict === 'unknown')) wanted.push(letter);
    else skipped[verdict] = (skipped[verdict] ?? 0) + 1;
  return { wanted, skipped };
}

/**
 * Those whose verdict changed meanwhile, or that cannot be sent.
 *
 * @param atOnce how many are in hand together. Default one after the other
 * @throws what is no ValidationError: it ends the run
 */
export async function failuresOf(
  letters: readonly DeadLetter[],
  act: (letter: DeadLetter, index: number) => Promise<unknown>,
  atOnce = 1,
): Promise<BulkResult['failed']> {
  const failures = await inTurns(letters, atOnce, async (letter, index) => {
    try {
      await act(letter, index);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      return { name: letterName(letter), seq: letter.seq, why: error.message };
    }
  });
  return failures.filter((failure) => failure !== undefined);
}

async function inTurns<Found>(
  letters: readonly DeadLetter[],
  atOnce: number,
  act: (letter: DeadLetter, index: number) => Promise<Found>,
): Promise<Found[]> {
  const all: Found[] = [];
  for (let from = 0; from < letters.length; from += atOnce) {
    const some = letters.slice(from, from + atOnce);
    all.push(...(await Promise.all(some.map((letter, index) => act(letter, from + index)))));
  }
  return all;
}
