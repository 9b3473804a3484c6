import type { Paint } from '@nats-bridge/logging';
import { count, millis, plural, rate } from '../output/numbers.js';
import { operationsOf } from './operations.js';
import { rateLimitsOf } from './rate-limits.js';
import { type Line, type Named, type Section, shareRoom } from './section.js';
import { headlineOf, type Sight } from './sight.js';
import { sparkLine } from './spark-line.js';
import { streamsOf } from './streams.js';
import { left, right, type Segment, textLine } from './text-line.js';
import { workersOf } from './workers.js';

export type FrameSize = {
  readonly columns: number;
  /** Lines there are; what does not fit is counted instead of shown. */
  readonly rows: number;
};

const NAME = 12;

export function frameOf(sight: Sight, { columns, rows }: FrameSize, paint: Paint, footer?: string): string[] {
  const { overview } = sight;
  const line = (...segments: Segment[]) => textLine(columns, paint, segments);
  const named = (name: string, ...segments: Segment[]) => line([left(name, NAME), 'dim'], ...segments);

  const top = [...headOf(sight, columns, line), ...flowOf(sight, columns, named)];
  const bottom = [brokerOf(sight, named), ...rateLimitsOf(sight, named), lettersOf(sight, named)];
  const sections = [
    alertsOf(sight, columns, named),
    operationsOf(overview.operations, columns, line),
    workersOf(sight, named),
    streamsOf(sight, named),
  ] as const;
  // Blank lines: above the operations and above the rest; the footer has one where there is room.
  const fixed = top.length + bottom.length + 2 + (footer === undefined ? 0 : 1);
  const [alerts = [], operations = [], workers = [], streams = []] = shareRoom(rows - fixed, sections);
  const lines = [
    ...top,
    ...alerts,
    '',
    ...operations,
    '',
    ...bottom.slice(0, 1),
    ...workers,
    ...streams,
    ...bottom.slice(1),
  ];
  if (footer === undefined) return lines;
  while (lines.length < rows - 1) lines.push('');
  return [...lines.slice(0, rows - 1), line([footer, 'dim'])];
}

function headOf({ url, overview, lost, ...rest }: Sight, columns: number, line: Line) {
  const headline = headlineOf({ url, overview, lost, ...rest });
  const where = `${new URL(url).host}  ${new Date(overview.at).toTimeString().slice(0, 8)}`;
  const room = columns - where.length - 1;
  const head = line([left(headline.text, room), headline.tone], ` ${where}`);
  return lost === undefined ? [head] : [head, line([`figures of before: ${lost.why}`, 'red'])];
}

function flowOf({ overview, series }: Sight, columns: number, named: Named): string[] {
  const { throughput_per_s, latency_ms, in_flight, in_flight_limit } = overview;
  const note = 16;
  const width = columns - NAME - note;
  const calls = series.slice(-width).map((point) => point.calls);
  const p95 = series.slice(-width).map((point) => point.p95_ms);
  const failures = series.slice(-width).map((point) => point.failures);
  const peak = (values: readonly (number | null)[]) => Math.max(0, ...values.map((value) => value ?? 0));
  const bars = (
    values: readonly (number | null)[],
    style: 'green' | 'cyan' | 'red',
    what: string,
  ): Segment[] => [
    [sparkLine(values, width), style],
    [right(what, note), 'dim'],
  ];
  return [
    named(
      'throughput',
      [`${rate(throughput_per_s)}/s`, 'bold'],
      ['  p50 ', 'dim'],
      millis(latency_ms.p50),
      ['  p95 ', 'dim'],
      millis(latency_ms.p95),
      ['  p99 ', 'dim'],
      millis(latency_ms.p99),
      ['  in flight ', 'dim'],
      `${count(in_flight)}/${count(in_flight_limit)}`,
    ),
    named('calls/s', ...bars(calls, 'green', `peak ${count(peak(calls))}`)),
    // A line for what went wrong only where something did.
    ...(peak(failures) > 0
      ? [named('no answer/s', ...bars(failures, 'red', `peak ${count(peak(failures))}`))]
      : []),
    named('p95', ...bars(p95, 'cyan', `peak ${millis(peak(p95))}`)),
  ];
}

function brokerOf({ overview }: Sight, named: Named): string {
  const { connected, url_host, rtt_ms, reconnects, durability } = overview.path.broker;
  return named(
    'broker',
    connected ? ['connected', 'green'] : ['not connected', 'red'],
    ` ${url_host ?? ''}`,
    ['  rtt ', 'dim'],
    millis(rtt_ms),
    ['  survives ', 'dim'],
    durability ?? '–',
    ...(reconnects > 0
      ? ([
          ['  reconnects ', 'dim'],
          [count(reconnects), 'yellow'],
        ] as const)
      : []),
  );
}

function lettersOf({ overview }: Sight, named: Named): string {
  const { dead_letters: dead, interventions } = overview.letters;
  return named(
    'letters',
    dead > 0 ? [plural(dead, 'dead letter'), 'yellow'] : '0 dead letters',
    '  ',
    interventions > 0 ? [plural(interventions, 'intervention'), 'red'] : '0 interventions',
    ...(dead + interventions > 0 ? ([['  nats-bridge dlq list', 'dim']] as const) : []),
  );
}

function alertsOf({ overview }: Sight, columns: number, named: Named): Section {
  const rows = overview.alerts.map(({ name, severity, since, summary }, index) =>
    named(
      index === 0 ? 'alerts' : '',
      [left(name, Math.min(28, columns - NAME)), severity === 'critical' ? 'red' : 'yellow'],
      [` ${new Date(since).toTimeString().slice(0, 5)} `, 'dim'],
      summary,
    ),
  );
  return {
    lines: rows.length > 0 ? rows : [named('alerts', 'none')],
    least: 1,
    more: (left) => named('', [`… and ${plural(left, 'more', 'more')}`, 'red']),
  };
}
