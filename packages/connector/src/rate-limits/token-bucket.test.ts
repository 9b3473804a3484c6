import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BucketSize, fullBucket, stepBucket, tokensIn, waitMs } from './token-bucket.js';

const SIZE = fc.record({
  perSecond: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 1_000 }),
});
/** Milliseconds between one call and the next; below zero where the clock goes back. */
const GAPS = fc.array(fc.double({ min: -50, max: 2_000, noNaN: true }), { minLength: 1, maxLength: 200 });
const ALMOST_NOTHING = 1e-3;

/** When each of the calls that are let through goes, by a clock that only the forward gaps move. */
function goTimes(gaps: readonly number[], size: BucketSize, mostWaitMs: number): number[] {
  let clock = 0;
  let bucket = fullBucket(size, clock);
  let latest = 0;
  const times: number[] = [];
  for (const gap of gaps) {
    clock += gap;
    latest = Math.max(latest, clock);
    const wait = waitMs(bucket, clock, size);
    if (wait > mostWaitMs) continue;
    bucket = stepBucket(bucket, { type: 'call' }, clock, size);
    times.push(latest + wait);
  }
  return times.toSorted((a, b) => a - b);
}

describe('a token bucket', () => {
  it.each([0, 500])('never lets more through than burst and rate allow, in any span (wait %d ms)', (wait) => {
    fc.assert(
      fc.property(SIZE, GAPS, (size, gaps) => {
        const times = goTimes(gaps, size, wait);
        for (const [from, start] of times.entries())
          for (const [to, end] of times.entries())
            if (to >= from)
              expect(to - from + 1).toBeLessThanOrEqual(
                size.burst + ((end - start) / 1_000) * size.perSecond + ALMOST_NOTHING,
              );
      }),
    );
  });

  it('lets through whoever keeps to the rate', () => {
    fc.assert(
      fc.property(SIZE, fc.integer({ min: 1, max: 300 }), (size, calls) => {
        const gaps = Array.from({ length: calls }, () => 1_000 / size.perSecond);
        expect(goTimes(gaps, size, 0)).toHaveLength(calls);
      }),
    );
  });

  it('lets a burst through at once after any pause, and not one more', () => {
    fc.assert(
      fc.property(SIZE, fc.double({ min: 0, max: 1e7, noNaN: true }), (size, pauseMs) => {
        const gaps = [pauseMs, ...Array.from({ length: 2 * size.burst }, () => 0)];
        expect(goTimes(gaps, size, 0)).toHaveLength(size.burst);
      }),
    );
  });

  it('has a token for whoever waited as long as it said', () => {
    fc.assert(
      fc.property(SIZE, GAPS, (size, gaps) => {
        let clock = 0;
        let bucket = fullBucket(size, clock);
        for (const gap of gaps) {
          clock += Math.max(0, gap);
          clock += waitMs(bucket, clock, size);
          expect(tokensIn(bucket, clock, size)).toBeGreaterThanOrEqual(1 - ALMOST_NOTHING);
          bucket = stepBucket(bucket, { type: 'call' }, clock, size);
        }
      }),
    );
  });

  it('counts what passed elsewhere as its own, up to ten bursts and seconds', () => {
    const size = { perSecond: 10, burst: 5 };
    const elsewhere = (count: number) =>
      stepBucket(fullBucket(size, 0), { type: 'taken_elsewhere', count }, 0, size);
    expect(waitMs(elsewhere(4), 0, size)).toBe(0);
    expect(waitMs(elsewhere(5), 0, size)).toBe(100);
    expect(tokensIn(elsewhere(1_000_000), 0, size)).toBe(-150);
  });

  it('holds two bridges that tell each other to one rate in the long run', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 10, max: 500 }),
        (perSecond, burst, tellEveryMs) => {
          const size = { perSecond, burst };
          const buckets = [fullBucket(size, 0), fullBucket(size, 0)];
          let told = [0, 0];
          let passed = 0;
          const lastMs = 20_000;
          for (let clock = 0; clock <= lastMs; clock += 5) {
            // Both are asked for far more than there is.
            for (const [index, bucket] of buckets.entries())
              if (waitMs(bucket, clock, size) === 0) {
                buckets[index] = stepBucket(bucket, { type: 'call' }, clock, size);
                told[index] = (told[index] ?? 0) + 1;
                passed++;
              }
            if (clock % tellEveryMs >= 5) continue;
            for (const [index, bucket] of buckets.entries()) {
              const count = told[1 - index] ?? 0;
              buckets[index] = stepBucket(bucket, { type: 'taken_elsewhere', count }, clock, size);
            }
            told = [0, 0];
          }
          // What each passes before it hears of the other: his burst, and what comes in that time.
          const unheard = burst + (tellEveryMs / 1_000 + 0.01) * perSecond + 1;
          expect(passed).toBeLessThanOrEqual(burst + (lastMs / 1_000) * perSecond + unheard);
        },
      ),
      { numRuns: 50 },
    );
  });
});
