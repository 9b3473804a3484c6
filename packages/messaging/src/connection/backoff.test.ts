import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

describe('backoffMs', () => {
  it('doubles from 100 ms to 30 s', () => {
    const plain = { random: () => 0 };
    expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, plain))).toEqual([100, 200, 400, 800]);
    expect(backoffMs(50, plain)).toBe(30_000);
    expect(backoffMs(5000, plain)).toBe(30_000);
  });

  it('takes off at most the jitter', () => {
    expect(backoffMs(0, { random: () => 0.999999 })).toBe(80);
    expect(backoffMs(0, { random: () => 0.5, jitter: 1 })).toBe(50);
  });
});
