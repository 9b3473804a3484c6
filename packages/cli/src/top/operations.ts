/** The table of operations: how many calls ended how, and how long they took. */
import type { OperationFigures } from '@nats-bridge/gateway/admin-types';
import { count, millis, plural } from '../output/numbers.js';
import type { Line, Section } from './section.js';
import { left, right } from './text-line.js';

const FIGURES = [
  ['CALLS', 6],
  ['OK', 6],
  ['DECL.', 6],
  ['PEND.', 6],
  ['DOUBT', 6],
  ['UNSENT', 7],
  ['P50', 8],
  ['P95', 8],
] as const;
const OPERATION = 14;
const LONGEST_CONNECTOR = 24;

export function operationsOf(operations: readonly OperationFigures[], columns: number, line: Line): Section {
  const width = FIGURES.reduce((sum, [, column]) => sum + column, OPERATION);
  const wide = Math.max(0, Math.min(LONGEST_CONNECTOR, columns - width));
  const head = FIGURES.map(([title, column]) => right(title, column)).join('');
  const rows = operations.map((figures) => {
    const { operation, connector, calls, success, failure, processing, unknown, not_sent, p50_ms, p95_ms } =
      figures;
    const cells = [calls, success, failure, processing, unknown, not_sent].map((value) =>
      value === 0 ? '·' : count(value),
    );
    const all = [...cells, millis(p50_ms), millis(p95_ms)];
    const texts = all.map((cell, index) => right(cell, FIGURES[index]?.[1] ?? 0));
    const [callsText = '', okText = '', declined = '', pending = '', doubt = '', unsent = '', ...times] =
      texts;
    return line(
      left(operation, OPERATION),
      left(connector, wide),
      [callsText, 'bold'],
      [okText, 'green'],
      [declined, failure > 0 ? 'yellow' : 'dim'],
      [pending, processing > 0 ? 'cyan' : 'dim'],
      [doubt, unknown > 0 ? 'red' : 'dim'],
      [unsent, not_sent > 0 ? 'red' : 'dim'],
      ...times,
    );
  });
  const title = line([`${left('OPERATION', OPERATION)}${left('CONNECTOR', wide)}${head}`, 'dim']);
  const none = line(['no calls in the last minute', 'dim']);
  return {
    lines: [title, ...(rows.length > 0 ? rows : [none])],
    least: 2,
    more: (left) => line([`… and ${plural(left, 'route')} with fewer calls`, 'dim']),
  };
}
