/** Holds what callers heard, the ledger, the letters and the processor's book against the promises. Pure. */
import { type Case, casesOf, type Evidence } from './evidence.js';
import { honestDoubt } from './rules/honest-doubt.js';
import { noDouble } from './rules/no-double.js';
import { noGhost } from './rules/no-ghost.js';
import { nothingLost } from './rules/nothing-lost.js';
import type { Judged, Rule } from './rules/rule.js';

export type PromiseName = 'P1' | 'P2' | 'P3' | 'P4';
export type Violation = { readonly key: string; readonly why: string };
/** `checked`: calls, keys or effects that at least one rule of the promise had something to say about. */
export type Finding = { readonly checked: number; readonly violations: readonly Violation[] };
export type Findings = Readonly<Record<PromiseName, Finding>>;

const RULES: Readonly<Record<PromiseName, readonly Rule[]>> = {
  P1: nothingLost,
  P2: noGhost,
  P3: noDouble,
  P4: honestDoubt,
};

export function check(evidence: Evidence): Findings {
  const cases = casesOf(evidence);
  const findings = Object.fromEntries(
    Object.entries(RULES).map(([name, rules]) => [name, judge(cases, rules)]),
  ) as Record<PromiseName, Finding>;
  const { checked, violations } = findings.P1;
  const open = evidence.unfinished.map((why) => ({ key: '-', why: `it did not come to rest: ${why}` }));
  return { ...findings, P1: { checked, violations: [...violations, ...open] } };
}

function judge(cases: readonly Case[], rules: readonly Rule[]): Finding {
  const subjects = new Set<string>();
  const violations: Violation[] = [];
  for (const the of cases) {
    const judged: Judged[] = rules.flatMap((rule) => [...rule(the)]);
    for (const { subject, why } of judged) {
      subjects.add(`${the.key} ${subject}`);
      if (why !== undefined) violations.push({ key: the.key, why });
    }
  }
  return { checked: subjects.size, violations };
}
