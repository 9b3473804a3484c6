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
  readonly failed: readonly { readonly name: string; readonly why: string }[];
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
  const { wanted, left } = await byVerdict(letters, chosen, force);
  const failures = await inTurns(wanted, (letter) =>
    letters.checkRetry(letter, { force }).then(
      () => undefined,
      (error) => refusalOf(letter, error),
    ),
  );
  const failed = failures.filter((failure) => failure !== undefined);
  const retried = wanted.length - failed.length;
  return { retried, skipped: countsOf(left), failed, ms: Math.round((retried / perSecond) * 1_000) };
}

type Judged = { readonly letter: DeadLetter; readonly verdict: Verdict };

/** Those that the ledger lets be sent again, and those that it does not. */
export async function byVerdict(
  letters: Pick<DeadLetters, 'verdict'>,
  chosen: readonly DeadLetter[],
  force = false,
): Promise<{ readonly wanted: readonly DeadLetter[]; readonly left: readonly Judged[] }> {
  const judged = await inTurns(chosen, async (letter) => ({
    letter,
    verdict: await letters.verdict(letter),
  }));
  const isWanted = ({ verdict }: Judged) => verdict === 'never_sent' || (force && verdict === 'unknown');
  return {
    wanted: judged.filter(isWanted).map(({ letter }) => letter),
    left: judged.filter((one) => !isWanted(one)),
  };
}

export function countsOf(left: readonly Pick<Judged, 'verdict'>[]): BulkResult['skipped'] {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of left) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** Of one whose verdict changed meanwhile, or that cannot be sent. @throws what is no ValidationError: it ends the run */
export function refusalOf(letter: DeadLetter, error: unknown): BulkResult['failed'][number] {
  if (!(error instanceof ValidationError)) throw error;
  return { name: letterName(letter), why: error.message };
}

async function inTurns<Found>(
  letters: readonly DeadLetter[],
  look: (letter: DeadLetter) => Promise<Found>,
): Promise<Found[]> {
  const all: Found[] = [];
  for (let from = 0; from < letters.length; from += AT_ONCE)
    all.push(...(await Promise.all(letters.slice(from, from + AT_ONCE).map(look))));
  return all;
}
