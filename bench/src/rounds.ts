/**
 * Short rounds in turn, there and back (A B C C B A), so that whatever else the machine does, and what a case leaves
 * behind for the next, falls on every case alike.
 */
import { CASE_NAMES, type CaseName } from './cases.js';
import type { Size } from './payment.js';
import type { Measured, Scene } from './scene.js';

export type Plan = {
  readonly sizes: readonly Size[];
  readonly inFlights: readonly number[];
  readonly rounds: number;
  readonly roundMs: number;
  /** Of each case, before anything is measured. */
  readonly warmUpPayments: number;
  readonly cases: readonly CaseName[];
};

/** A setting is a size and a number of payments in flight. */
export type Setting = { readonly size: Size; readonly inFlight: number };

/** One round of every case in one setting. */
export type Round = Readonly<Partial<Record<CaseName, Measured>>>;

export type Results = readonly { readonly setting: Setting; readonly rounds: readonly Round[] }[];

export async function runRounds(
  plan: Plan,
  scenes: ReadonlyMap<CaseName, Scene>,
  onSetting: (setting: Setting, rounds: readonly Round[]) => void,
): Promise<Results> {
  const cases = CASE_NAMES.filter((name) => plan.cases.includes(name));
  // V8 compiles what is hot only after thousands of payments: those of the floors after 3,000, those of the whole way,
  // where there are more, after 15,000. Until then it costs up to four times as much.
  for (const name of cases)
    await scenes.get(name)?.measure('1KiB', { inFlight: 64, payments: plan.warmUpPayments, ms: 60_000 });
  const results: { setting: Setting; rounds: Round[] }[] = [];
  for (const size of plan.sizes)
    for (const inFlight of plan.inFlights) {
      const setting = { size, inFlight };
      const rounds: Round[] = [];
      for (let round = 0; round < plan.rounds; round++) {
        const measured: Partial<Record<CaseName, Measured>> = {};
        for (const name of round % 2 === 0 ? cases : cases.toReversed())
          measured[name] = await scenes.get(name)?.measure(size, { inFlight, ms: plan.roundMs });
        rounds.push(measured);
      }
      results.push({ setting, rounds });
      onSetting(setting, rounds);
    }
  return results;
}

/** The rounds of several runs of one plan, by setting. */
export function joinRounds(runs: readonly Results[]): Results {
  return (runs[0] ?? []).map(({ setting }, index) => ({
    setting,
    rounds: runs.flatMap((run) => run[index]?.rounds ?? []),
  }));
}
