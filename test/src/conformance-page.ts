/** docs/conformance-report.md: what the conformance kit found of each shipped worker, in a run. */
import type { ConformanceReport, RuleFinding } from '@nats-bridge/conformance';
import { OPERATIONS } from '@nats-bridge/protocol';

export type WorkerReport = { readonly name: string; readonly report: ConformanceReport };

const MARKS = { kept: '✓', broken: '✗', not_tried: '?', not_demanded: '·' } as const;

export function conformancePage(reports: readonly WorkerReport[]): string {
  return [
    '# What the conformance kit found',
    'Written by `npm run docs` from a run of the [conformance kit](conformance.md) against every shipped worker, each as a process of its own, on a real NATS server; `npm test` runs it again and compares. The README’s three workers are run, too, in `test/src/readme.test.ts`.',
    '✓ kept, ✗ broken, ? not tried, · not demanded of such a worker or of such a request.',
    '## Operations and workers',
    'The number of rules that were kept; a blank where the worker was not asked.',
    table(
      ['operation', ...reports.map(({ name }) => name)],
      OPERATIONS.map(({ operation }) => operation)
        .filter((operation) => reports.some(({ report }) => of(report, operation).length > 0))
        .map((operation) => [
          `[\`${operation}\`](operations/${operation}.md)`,
          ...reports.map(({ report }) => keptOf(of(report, operation))),
        ]),
    ),
    ...reports.flatMap(({ name, report }) => [`## ${name}`, rulesOf(report), ...remarksOf(report)]),
  ]
    .join('\n\n')
    .concat('\n');
}

function of({ findings }: ConformanceReport, operation: string): readonly RuleFinding[] {
  return findings.filter((found) => found.operation === operation);
}

function keptOf(findings: readonly RuleFinding[]): string {
  if (findings.length === 0) return '';
  const count = (result: string) => findings.filter(({ finding }) => finding.result === result).length;
  return `${count('kept')} ✓${count('broken') > 0 ? ` ${count('broken')} ✗` : ''}`;
}

function rulesOf(report: ConformanceReport): string {
  const operations = report.workers.map(({ operation }) => operation);
  const rules = [...new Set(report.findings.map(({ rule }) => rule.name))];
  const markOf = (rule: string, operation: string) => {
    const found = of(report, operation).find((one) => one.rule.name === rule);
    return found === undefined ? '' : MARKS[found.finding.result];
  };
  return table(
    ['rule', ...operations.map((operation) => `\`${operation}\``)],
    [
      ['kind', ...report.workers.map(({ worker }) => worker?.kind ?? 'nobody')],
      ...rules.map((rule) => [rule, ...operations.map((operation) => markOf(rule, operation))]),
    ],
  );
}

function remarksOf({ findings }: ConformanceReport): string[] {
  const remarks = findings.flatMap(({ rule, finding }) =>
    'why' in finding ? [`- ${MARKS[finding.result]} ${rule.name}: ${finding.why}`] : [],
  );
  return remarks.length === 0 ? [] : [[...new Set(remarks)].join('\n')];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
