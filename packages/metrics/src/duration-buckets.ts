/** Upper bounds of the latency histograms, in seconds. */

/**
 * From what a sandbox answers in to the usual timeout of 30 s, so that its last bucket shows what nearly timed out.
 * A payment takes 50 ms to 5 s at most processors: there they are narrow enough for percentiles.
 */
export const DURATION_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30,
];
