/** A short fuzz run, and what longer ones have found; those are `npm run fuzz`. */
import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz/fuzz.js';
import type { TargetName } from './fuzz/target.js';

/** Inputs that were answered wrongly once. */
const KEPT: readonly { seed: number; target: TargetName; index: number }[] = [
  // MessagePack that named another request was taken for the answer.
  { seed: 1, target: 'replies', index: 439 },
  { seed: 1, target: 'replies', index: 499 },
  // A body in chunks made the HTTP door fail.
  { seed: 2, target: 'sockets', index: 291 },
];

describe('bytes that nobody should send', () => {
  it('neither stop the doors nor become an answer', async () => {
    const { findings, ends, inputs } = await fuzz({ inputs: 2_000, seed: Date.now() % 1_000_000 });
    expect(findings).toEqual([]);
    expect(inputs).toBe(2_000);
    // Each target has reached what is behind the first check.
    expect(Object.keys(ends)).toEqual(
      expect.arrayContaining(['grpc answered', 'replies success', 'replies failure', 'sockets http 400']),
    );
  }, 120_000);

  it.each(KEPT)('stay mended: $target $index of seed $seed', async ({ seed, ...only }) => {
    expect((await fuzz({ inputs: 1, seed, only })).findings).toEqual([]);
  });
});
