import { ValidationError, type Verdict } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import type { DeadLetter } from './dead-letter.js';
import { planRetry } from './plan-retry.js';
import { retryMany } from './retry-many.js';

const ACTOR = { who: 'operator', why: 'the processor is back' };

/** Forty, in the order of their sequences: each fourth was never sent, may have been charged, was charged, declined. */
const chosen = Array.from({ length: 40 }, (_, seq) => ({ queue: 'dead_letters', seq }) as DeadLetter);
const VERDICTS: readonly Verdict[] = ['never_sent', 'unknown', 'answered_yes', 'answered_no'];
const verdict = async ({ seq }: DeadLetter) => VERDICTS[seq % 4] as Verdict;

/** The later the letter, the sooner it is known; nobody takes those of a sequence that ends in 0. */
async function refuse({ seq }: DeadLetter): Promise<never | undefined> {
  for (let turn = seq; turn < chosen.length; turn++) await Promise.resolve();
  if (seq % 10 === 0) throw new ValidationError(`no worker is there for letter ${seq}`);
}
const REFUSED = [0, 20].map((seq) => ({ name: `d${seq}`, why: `no worker is there for letter ${seq}` }));

describe('the plan of a bulk retry', () => {
  it('says what would be sent, what is left, and what cannot be sent, in the order in which they were chosen', async () => {
    const plan = await planRetry({ verdict, checkRetry: refuse }, chosen, { perSecond: 20 });
    const skipped = { unknown: 10, answered_yes: 10, answered_no: 10 };
    expect(plan).toEqual({ retried: 8, skipped, failed: REFUSED, ms: 400 });
  });

  it('counts what may have been charged only where that is forced, and has it checked as such', async () => {
    const forced: (boolean | undefined)[] = [];
    const checkRetry = async (_: DeadLetter, options?: { force?: boolean }) => {
      forced.push(options?.force);
    };
    const plan = await planRetry({ verdict, checkRetry }, chosen, { perSecond: 20, force: true });
    expect(plan).toMatchObject({ retried: 20, skipped: { answered_yes: 10, answered_no: 10 }, failed: [] });
    expect(forced).toEqual(Array(20).fill(true));
  });

  it('ends with what is no refusal: nothing is known then', async () => {
    const checkRetry = () => Promise.reject(new Error('the server is away'));
    const plan = planRetry({ verdict, checkRetry }, chosen, { perSecond: 20 });
    await expect(plan).rejects.toThrow('the server is away');
  });
});

it('a bulk retry does what its plan said', async () => {
  const tried: number[] = [];
  const retry = async (letter: DeadLetter) => {
    tried.push(letter.seq);
    await refuse(letter);
    return { kind: 'done' } as const;
  };
  const told: (readonly [number, number])[] = [];
  const done = await retryMany({ verdict, retry }, chosen, {
    perSecond: 1_000,
    actor: ACTOR,
    onProgress: (...progress) => told.push(progress),
  });
  expect(done).toMatchObject({ retried: 8, failed: REFUSED });
  expect(tried).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
  expect(told).toEqual(tried.map((_, index) => [index + 1, 10]));
});
