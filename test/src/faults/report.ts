/** What a fault run says: lines for people, one object for programs. */
import type { PromiseName, Violation } from './checker.js';
import { describeHeard } from './evidence.js';
import type { RunResult } from './run.js';

const PROMISES: Readonly<Record<PromiseName, string>> = {
  P1: 'nothing lost',
  P2: 'no ghost',
  P3: 'no double',
  P4: 'honest doubt',
};
/** Where most calls fail, promises are easy to keep: such a run proves nothing. */
const LEAST_SUCCESSES = 0.5;

export type Report = {
  readonly ok: boolean;
  /** Why it is not, where no promise is violated. */
  readonly problem?: string;
  readonly seeds: readonly number[];
  /** Of each seed's plan. */
  readonly digests: readonly string[];
  readonly payments: number;
  readonly calls: number;
  /** Calls by what they heard. */
  readonly heard: Readonly<Record<string, number>>;
  readonly pending: number;
  readonly late_answers: number;
  /** Keys that wait for a person. */
  readonly letters: number;
  readonly withdrawn: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly promises: Readonly<Record<PromiseName, { readonly checked: number; readonly violated: number }>>;
  readonly recovery_ms: Readonly<Record<string, { readonly p50: number; readonly max: number }>>;
};

export function reportOf(results: readonly RunResult[], payments: number): Report {
  const sum = (value: (result: RunResult) => number) =>
    results.reduce((total, result) => total + value(result), 0);
  const names = Object.keys(PROMISES) as PromiseName[];
  const promises = Object.fromEntries(
    names.map((name) => [
      name,
      {
        checked: sum(({ findings }) => findings[name].checked),
        violated: sum(({ findings }) => findings[name].violations.length),
      },
    ]),
  ) as Report['promises'];
  const calls = sum(({ evidence }) => evidence.calls.length);
  const heard = addUp(results.map((result) => result.heard));
  const problem =
    (heard.success ?? 0) < calls * LEAST_SUCCESSES
      ? `only ${heard.success} of ${calls} calls succeeded: this run proves nothing`
      : undefined;
  const recoveries: Record<string, number[]> = {};
  for (const { recoveryMs } of results)
    for (const [kind, ms] of Object.entries(recoveryMs))
      recoveries[kind] = [...(recoveries[kind] ?? []), ...ms];
  return {
    ok: problem === undefined && Object.values(promises).every(({ violated }) => violated === 0),
    ...(problem !== undefined && { problem }),
    seeds: results.map(({ seed }) => seed),
    digests: results.map(({ digest }) => digest),
    payments: payments * results.length,
    calls,
    heard,
    pending: heard.pending ?? 0,
    late_answers: sum(({ lateAnswers }) => lateAnswers),
    letters: sum(({ evidence }) => evidence.letters.size),
    withdrawn: sum(
      ({ evidence }) => [...evidence.ledger.values()].filter(({ state }) => state === 'withdrawn').length,
    ),
    faults: addUp(results.map((result) => result.faults)),
    promises,
    recovery_ms: Object.fromEntries(
      Object.entries(recoveries).map(([kind, ms]) => {
        const sorted = ms.toSorted((a, b) => a - b);
        return [kind, { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 }];
      }),
    ),
  };
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of counts)
    for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count;
  return total;
}

export function reportLines(report: Report): string {
  const { calls, payments, pending, late_answers, heard, withdrawn, letters } = report;
  const promises = (Object.keys(PROMISES) as PromiseName[]).map((name) => {
    const { checked, violated } = report.promises[name];
    return `${violated === 0 ? '✓' : '✗'} ${name} ${PROMISES[name].padEnd(13)} ${String(checked).padStart(7)} checked, ${violated} violated`;
  });
  const faults = Object.entries(report.faults).map(([kind, count]) => {
    const recovery = report.recovery_ms[kind];
    const time =
      recovery === undefined ? '' : `   works again after ${recovery.p50} ms (p50), ${recovery.max} ms (max)`;
    return `  ${kind.padEnd(20)} ${String(count).padStart(3)}${time}`;
  });
  return [
    `${payments} payments, ${calls} calls; plan ${report.digests.join(' ')}`,
    `heard: ${Object.entries(heard)
      .map(([meaning, count]) => `${count} ${meaning}`)
      .join(', ')}`,
    `${pending} answered pending, of which ${late_answers} have an answer now; ${withdrawn} withdrawn, ${letters} letters`,
    ...promises,
    ...(report.problem === undefined ? [] : [`✗ ${report.problem}`]),
    'faults:',
    ...faults,
  ].join('\n');
}

/** Everything that is known of a violation, in order. */
export function historyLines(name: string, { key, why }: Violation, { evidence }: RunResult): string {
  const lines = [
    ...evidence.calls
      .filter((call) => call.key === key)
      .map(({ at, endedAt, ended, traceId }) => ({
        at,
        text: `call ${traceId.slice(0, 8)}, for ${endedAt - at} ms: ${JSON.stringify(ended)}`,
      })),
    ...evidence.book
      .filter((effect) => effect.key === key)
      .map(({ at, id, outcome, worker, attempt, traceId }) => ({
        at,
        text: `effect ${id} ${outcome} by worker ${worker}, attempt ${attempt}, of call ${traceId.slice(0, 8)}`,
      })),
  ].sort((a, b) => a.at - b.at);
  const start = lines[0]?.at ?? 0;
  const said = (heard: Parameters<typeof describeHeard>[0]) => describeHeard(heard);
  return [
    `${name}: ${key}: ${why}`,
    ...lines.map(({ at, text }) => `  ${String(at - start).padStart(6)} ms  ${text}`),
    `  ledger: ${JSON.stringify(evidence.ledger.get(key) ?? null)}, letter: ${evidence.letters.has(key)}`,
    `  at the end: sync ${said(evidence.syncs.get(key))}; repeat ${said(evidence.repeats.get(key))}`,
  ].join('\n');
}
