import { describe, expect, it } from 'vitest';
import { belowFloor } from './run/floors.js';
import { runSeeds } from './run/run-seeds.js';

const SEEDS = 10_000;

describe('the simulation', () => {
  it('keeps every promise in ten thousand seeds, in which every fault and every decision came up', async () => {
    const { seeds, failures, counts } = await runSeeds({ seeds: SEEDS });
    // Replay one with: npm run sim -- --seed <n> --trace
    expect(failures).toEqual([]);
    expect(seeds).toBe(SEEDS);
    expect(belowFloor(counts, SEEDS)).toEqual([]);
  }, 1_200_000);
});
