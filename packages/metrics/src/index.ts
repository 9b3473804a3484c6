/** What gateway and worker SDK show Prometheus alike: how long things took, in the same buckets. */
export { createDurationHistogram, type DurationHistogram, type Durations } from './duration-histogram.js';
