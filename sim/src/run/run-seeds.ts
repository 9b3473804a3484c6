/** Simulates many seeds, on as many threads as there are processors. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Range } from './seed-thread.js';
import { addTotals, noTotals, type Totals } from './totals.js';

export type RunOptions = {
  /** The first seed. Default 1. */
  readonly from?: number;
  readonly seeds: number;
  /** Default: one for each processor. */
  readonly threads?: number;
  /** Begins nothing more once a seed has failed. Default false. */
  readonly untilFailure?: boolean;
  readonly onProgress?: (totals: Totals) => void;
};

/** Seeds that a thread is given at a time. */
const CHUNK = 50;

/** @throws Error when a seed ends in an error instead of a judgement */
export async function runSeeds({
  from = 1,
  seeds,
  threads,
  untilFailure,
  onProgress,
}: RunOptions): Promise<Totals> {
  const totals = noTotals();
  const end = from + seeds;
  let next = from;
  const take = (): Range | undefined => {
    if (next >= end || (untilFailure && totals.failures.length > 0)) return undefined;
    const range = { from: next, to: Math.min(next + CHUNK, end) };
    next = range.to;
    return range;
  };
  const count = Math.min(threads ?? availableParallelism(), Math.ceil(seeds / CHUNK));
  await Promise.all(
    Array.from({ length: count }, () =>
      runThread(take, (more) => {
        addTotals(totals, more);
        onProgress?.(totals);
      }),
    ),
  );
  totals.failures.sort((one, other) => one.seed - other.seed);
  return totals;
}

function runThread(take: () => Range | undefined, onTotals: (totals: Totals) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('../../dist/run/seed-thread.js', import.meta.url));
    const go = () => {
      const range = take();
      if (range === undefined) void thread.terminate();
      else thread.postMessage(range);
    };
    thread.on('message', (totals: Totals) => {
      onTotals(totals);
      go();
    });
    thread.once('error', reject);
    thread.once('exit', () => resolve());
    go();
  });
}
