/** What a fault run says: lines for people, one object for programs. */
import type { Violation } from './checker.js';
import type { RunResult } from './run.js';

type PromiseName = 'P1' | 'P2' | 'P3' | 'P4';

const PROMISES: Readonly<Record<PromiseName, string>> = {
  P1: 'nothing lost',
  P2: 'no ghost',
  P3: 'no double',
  P4: 'honest doubt',
};

export type Report = {
  readonly ok: boolean;
  readonly seeds: readonly number[];
  readonly payments: number;
  readonly calls: number;
  readonly pending: number;
  readonly late_answers: number;
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
  const faults: Record<string, number> = {};
  const recoveries: Record<string, number[]> = {};
  for (const result of results) {
    for (const [kind, count] of Object.entries(result.faults)) faults[kind] = (faults[kind] ?? 0) + count;
    for (const [kind, ms] of Object.entries(result.recoveryMs))
      recoveries[kind] = [...(recoveries[kind] ?? []), ...ms];
  }
  return {
    ok: Object.values(promises).every(({ violated }) => violated === 0),
    seeds: results.map(({ seed }) => seed),
    payments: payments * results.length,
    calls: sum(({ calls }) => calls.length),
    pending: sum(({ pending }) => pending),
    late_answers: sum(({ lateAnswers }) => lateAnswers),
    faults,
    promises,
    recovery_ms: Object.fromEntries(
      Object.entries(recoveries).map(([kind, ms]) => {
        const sorted = ms.toSorted((a, b) => a - b);
        return [kind, { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 }];
      }),
    ),
  };
}

export function reportLines(report: Report): string {
  const { calls, payments, pending, late_answers } = report;
  const promises = (Object.keys(PROMISES) as PromiseName[]).map((name) => {
    const { checked, violated } = report.promises[name];
    return `${violated === 0 ? '✓' : '✗'} ${name} ${PROMISES[name].padEnd(13)} ${String(checked).padStart(7)} checked, ${violated} violated`;
  });
  const faults = Object.entries(report.faults).map(([kind, count]) => {
    const recovery = report.recovery_ms[kind];
    const time =
      recovery === undefined ? '' : `   works again after ${recovery.p50} ms (p50), ${recovery.max} ms (max)`;
    return `  ${kind.padEnd(18)} ${String(count).padStart(3)}${time}`;
  });
  return [
    `${payments} payments, ${calls} calls; ${pending} answered pending, of which ${late_answers} have an answer now`,
    ...promises,
    'faults:',
    ...faults,
  ].join('\n');
}

/** Everything that is known of a violation, in order. */
export function historyLines(name: string, { key, why }: Violation, { evidence }: RunResult): string {
  const lines = [
    ...evidence.calls
      .filter((call) => call.key === key)
      .map(({ at, endedAt, ended }) => ({
        at,
        text: `call, for ${endedAt - at} ms: ${JSON.stringify(ended)}`,
      })),
    ...evidence.book
      .filter((effect) => effect.key === key)
      .map(({ at, id, worker, attempt }) => ({
        at,
        text: `effect ${id} by worker ${worker}, attempt ${attempt}`,
      })),
  ].sort((a, b) => a.at - b.at);
  const start = lines[0]?.at ?? 0;
  return [
    `${name}: ${key}: ${why}`,
    ...lines.map(({ at, text }) => `  ${String(at - start).padStart(6)} ms  ${text}`),
    `  ledger: ${JSON.stringify(evidence.ledger.get(key) ?? null)}, letter: ${evidence.letters.has(key)}, sync: ${evidence.syncs.get(key) ?? '-'}`,
  ].join('\n');
}
