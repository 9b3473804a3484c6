import { describe, expect, it } from 'vitest';
import { nearestLimit } from './nearest-limit.js';

describe('nearestLimit', () => {
  it.each([
    ['the lower one, where nothing is in flight', [0, 1_000], [0, 10_000], [0, 1_000]],
    ['the one with less room, be it the higher', [5, 1_000], [9_500, 10_000], [9_500, 10_000]],
    ['the first of two alike', [0, 1_000], [9_000, 10_000], [0, 1_000]],
  ] as const)('is %s', (_, door, connector, nearest) => {
    const of = ([count, limit]: readonly [number, number]) => ({ count, limit });
    expect(nearestLimit(of(door), of(connector))).toEqual(of(nearest));
  });
});
