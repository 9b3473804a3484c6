import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { DURATION_BUCKETS } from './duration-buckets.js';
import { createDurationHistogram } from './duration-histogram.js';

const about = { name: 'took_seconds', help: 'How long' };

it('says what prom-client’s own says of the same durations', async () => {
  const ms = fc.oneof(fc.nat(40_000), fc.constantFrom(...DURATION_BUCKETS.map((seconds) => seconds * 1_000)));
  await fc.assert(
    fc.asyncProperty(fc.array(ms), fc.array(ms), async (good, bad) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const histogram = createDurationHistogram(ours, about);
      const own = new Histogram({
        ...about,
        labelNames: ['result'],
        buckets: [...DURATION_BUCKETS],
        registers: [theirs],
      });
      for (const [result, durations] of [
        ['good', good],
        ['bad', bad],
      ] as const) {
        if (durations.length === 0) continue; // prom-client knows a series by its first duration
        const series = histogram.series({ result });
        for (const duration of durations) {
          series.observe(duration);
          own.observe({ result }, duration / 1_000);
        }
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
  );
});
