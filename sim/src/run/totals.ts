/** What many seeds add up to. */
import type { Violation } from '../check/promises.js';

export type Failure = { readonly seed: number; readonly violations: readonly Violation[] };

/** Can be sent between threads. */
export type Totals = {
  seeds: number;
  steps: number;
  simulatedMs: number;
  counts: Record<string, number>;
  failures: Failure[];
};

export function noTotals(): Totals {
  return { seeds: 0, steps: 0, simulatedMs: 0, counts: {}, failures: [] };
}

export function addTotals(sum: Totals, more: Totals): void {
  sum.seeds += more.seeds;
  sum.steps += more.steps;
  sum.simulatedMs += more.simulatedMs;
  sum.failures.push(...more.failures);
  for (const [name, count] of Object.entries(more.counts)) sum.counts[name] = (sum.counts[name] ?? 0) + count;
}
