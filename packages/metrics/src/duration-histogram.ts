/**
 * A histogram that a call only adds to. prom-client's own looks its labels up at every observation, which costs a
 * payment more than everything else that is counted of it; here who observes keeps the series.
 */
import type { Histogram, Registry } from 'prom-client';
import { DURATION_BUCKETS } from './duration-buckets.js';

type Labels = Readonly<Record<string, string | number>>;
type Value = { metricName: string; labels: Labels; value: number };

/** The durations of one set of labels. */
export class Durations {
  count = 0;
  /** Seconds. */
  sum = 0;
  /** By bucket, each without those below it. */
  readonly counts = DURATION_BUCKETS.map(() => 0);

  observe(durationMs: number): void {
    const seconds = durationMs / 1_000;
    this.count += 1;
    this.sum += seconds;
    for (let bucket = 0; bucket < this.counts.length; bucket++)
      if (seconds <= (DURATION_BUCKETS[bucket] ?? Number.POSITIVE_INFINITY)) {
        this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
        return;
      }
  }
}

export type DurationHistogram = {
  /** A new series; asked for once for each set of labels. */
  series(labels: Labels): Durations;
};

export function createDurationHistogram(
  register: Registry,
  { name, help }: { readonly name: string; readonly help: string },
): DurationHistogram {
  const all: { readonly labels: Labels; readonly durations: Durations }[] = [];
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: all.flatMap(({ labels, durations }) => valuesOf(name, labels, durations)),
    }),
    reset: () => void all.splice(0),
  };
  // What prom-client asks a metric for; its type names its own classes alone.
  register.registerMetric(metric as unknown as Histogram);
  return {
    series(labels) {
      const durations = new Durations();
      all.push({ labels, durations });
      return durations;
    },
  };
}

/** As Prometheus has them: each bucket holds those below it. */
function valuesOf(name: string, labels: Labels, { counts, count, sum }: Durations): Value[] {
  let below = 0;
  const buckets = DURATION_BUCKETS.map((le, bucket) => {
    below += counts[bucket] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
