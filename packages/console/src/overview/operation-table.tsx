/** Each operation and processor: how many calls, how they ended, how long they took. */
import type { OperationFigures } from '../api/types.js';
import { count } from '../format/number.js';
import { milliseconds } from '../format/time.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { EmptyState } from '../parts/empty-state.js';
import { Link } from '../routing/link.js';
import { OutcomeBar } from './outcome-bar.js';

const COLUMNS: readonly Column<OperationFigures>[] = [
  {
    title: 'Operation',
    value: ({ operation }) => (
      <Link to={`/payments?operation=${encodeURIComponent(operation)}`}>{operation}</Link>
    ),
  },
  { title: 'Connector', value: ({ connector }) => connector },
  { title: 'Calls', value: ({ calls }) => count(calls), isNumber: true },
  { title: 'How they ended', value: (figures) => <OutcomeBar figures={figures} />, isWide: true },
  { title: 'p50', value: ({ p50_ms }) => milliseconds(p50_ms), isNumber: true },
  { title: 'p95', value: ({ p95_ms }) => milliseconds(p95_ms), isNumber: true },
];

export function OperationTable({ operations }: { readonly operations: readonly OperationFigures[] }) {
  if (operations.length === 0) return <EmptyState icon="payments" title="No calls in this time." />;
  return (
    <DataTable
      caption="Calls by operation and connector"
      columns={COLUMNS}
      rows={[...operations].sort((a, b) => b.calls - a.calls)}
      rowKey={({ operation, connector }) => `${operation} ${connector}`}
    />
  );
}
