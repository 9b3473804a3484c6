import { describe, expect, it } from 'vitest';
import { belowFloor } from './run/floors.js';
import { runSeeds } from './run/run-seeds.js';

const SEEDS = 10_000;
/** On a machine that has nothing else to do, a minute or two: but it takes the processor time that others leave. */
const LIMIT_MS = 3_600_000;

describe('the simulation', () => {
  it(
    'keeps every promise in ten thousand seeds, in which every fault and every decision came up',
    async () => {
      const { seeds, failures, counts } = await runSeeds({ seeds: SEEDS });
      // Replay one with: npm run sim -- --seed <n> --trace
      expect(failures).toEqual([]);
      expect(seeds).toBe(SEEDS);
      expect(belowFloor(counts, SEEDS)).toEqual([]);
    },
    LIMIT_MS,
  );
});
