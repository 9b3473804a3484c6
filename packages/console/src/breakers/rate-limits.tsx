/** The rules of the rate limits: what each allows, how much of it is used, and what it turned away. */
import type { BreakersAnswer } from '../api/types.js';
import { count, percent } from '../format/number.js';
import { duration } from '../format/time.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { EmptyState } from '../parts/empty-state.js';
import { Mark } from '../parts/mark.js';
import { Panel } from '../parts/panel.js';

type Rule = BreakersAnswer['rate_limits'][number];

const COLUMNS: readonly Column<Rule>[] = [
  { title: 'Rule', value: ({ rule }) => rule },
  { title: 'Merchant', value: ({ merchant, per }) => ofWhom(merchant, per.includes('merchant')) },
  { title: 'Operation', value: ({ operation, per }) => ofWhom(operation, per.includes('operation')) },
  { title: 'Connector', value: ({ connector, per }) => ofWhom(connector, per.includes('connector')) },
  { title: 'Each second', value: ({ requests_per_second }) => String(requests_per_second), isNumber: true },
  { title: 'Burst', value: ({ burst }) => count(burst), isNumber: true },
  {
    title: 'May wait',
    value: ({ max_wait_ms }) => (max_wait_ms === 0 ? 'no' : duration(max_wait_ms)),
    isNumber: true,
  },
  { title: 'Used now', value: ({ used }) => percent(used), isNumber: true },
  { title: 'Passed', value: ({ passed }) => count(passed), isNumber: true },
  {
    title: 'Turned away',
    value: ({ turned_away }) =>
      turned_away === 0 ? count(0) : <Mark tone="warn" icon="warning" word={count(turned_away)} />,
    isNumber: true,
  },
];

export function RateLimits({ rules }: { readonly rules: readonly Rule[] }) {
  return (
    <Panel
      title="Rate limits"
      note="the first rule that fits a call counts; numbers are of this gateway since it began"
    >
      {rules.length === 0 ? (
        <EmptyState icon="check" title="No rate limits are configured." />
      ) : (
        <DataTable caption="Rate limits" columns={COLUMNS} rows={rules} rowKey={({ rule }) => rule} />
      )}
    </Panel>
  );
}

function ofWhom(named: string, isEach: boolean): string {
  if (named !== '*') return named;
  return isEach ? 'each' : 'all';
}
