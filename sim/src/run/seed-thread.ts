/** A thread that simulates the ranges of seeds it is sent, and does nothing else: its clock is not the real one. */
import '../time/virtual-time.js';
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { simulate } from '../scenario/simulate.js';
import { noTotals, type Totals } from './totals.js';

export type Range = { readonly from: number; readonly to: number };

// Errors are part of the play here, by the hundred: their stacks would cost more than what they say.
Error.stackTraceLimit = 0;

// Nobody waits for a seed: it takes the processor time that others leave. Only Linux has priorities of threads.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

async function simulateRange({ from, to }: Range): Promise<Totals> {
  const totals = noTotals();
  for (let seed = from; seed < to; seed++) {
    const { violations, counts, steps, simulatedMs } = await simulate(seed);
    totals.seeds++;
    totals.steps += steps;
    totals.simulatedMs += simulatedMs;
    for (const [name, count] of counts) totals.counts[name] = (totals.counts[name] ?? 0) + count;
    if (violations.length > 0) totals.failures.push({ seed, violations });
  }
  return totals;
}

parentPort?.on('message', (range: Range) => {
  simulateRange(range).then(
    (totals) => parentPort?.postMessage(totals),
    (error: unknown) => {
      throw error;
    },
  );
});
