/** The overview as lines of text: pure, from what was seen and how large the terminal is. */
import type { OperationFigures } from '@nats-bridge/gateway/admin-types';
import type { Paint } from '@nats-bridge/logging';
import { bytes, count, millis, percent, plural, rate } from './numbers.js';
import { headlineOf, type Sight } from './sight.js';
import { shareBar, sparkLine } from './spark-line.js';
import { left, right, type Segment, textLine } from './text-line.js';

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
  const bottom = [brokerOf(sight, named), lettersOf(sight, named)];
  const sections = [
    alertsOf(sight, columns, named),
    operationsOf(overview.operations, columns, line),
    workersOf(sight, named),
    streamsOf(sight, named),
  ] as const;
  // Blank lines: above the operations and above the rest; the footer has one where there is room.
  const fixed = top.length + bottom.length + 2 + (footer === undefined ? 0 : 1);
  const [alerts = [], operations = [], workers = [], streams = []] = share(rows - fixed, sections);
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

type Named = (name: string, ...segments: Segment[]) => string;
/** Lines that may be left out from the end, and what is then said of them. */
type Section = { readonly lines: readonly string[]; readonly least: number; more(left: number): string };

function headOf(
  { url, overview, lost, ...rest }: Sight,
  columns: number,
  line: (...segments: Segment[]) => string,
) {
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

function operationsOf(
  operations: readonly OperationFigures[],
  columns: number,
  line: (...segments: Segment[]) => string,
): Section {
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

function workersOf({ workers, overview }: Sight, named: Named): Section {
  const { alive, in_flight, capacity } = overview.path.workers;
  const isKnown = overview.path.broker.rtt_ms !== null;
  const some = alive === 0 ? (['none', 'red'] as const) : `${alive}, ${in_flight} of ${capacity} in flight`;
  const none = named('workers', isKnown ? some : ['the broker does not say', 'dim']);
  const items = [...(workers?.items ?? [])].sort((a, b) => (b.in_flight ?? 0) - (a.in_flight ?? 0));
  const rows = items.map(({ worker, id, operations, capacity, in_flight }, index) =>
    named(
      index === 0 ? 'workers' : '',
      `${left(worker, 18)} `,
      [`${id.slice(0, 8)}  `, 'dim'],
      in_flight === null
        ? ['does not say its load', 'dim']
        : [shareBar(capacity === 0 ? 0 : in_flight / capacity, 8), in_flight >= capacity ? 'red' : 'green'],
      in_flight === null ? '' : right(`${in_flight}/${capacity}`, 9),
      ['  ', 'dim'],
      operations.length === 1 ? (operations[0] ?? '') : plural(operations.length, 'operation'),
    ),
  );
  const alone = (workers?.consumers_without_workers ?? []).map((consumer) =>
    named('', [`${consumer} waits, and nobody reads it`, 'red']),
  );
  const doubled = (workers?.overlaps ?? []).map((overlap) =>
    named('', [`${overlap} get the same requests`, 'red']),
  );
  return {
    lines: [...(rows.length > 0 ? rows.slice(0, 1) : [none]), ...doubled, ...alone, ...rows.slice(1)],
    least: 1,
    more: (left) => named('', [`… and ${plural(left, 'more', 'more')}`, 'dim']),
  };
}

/** The fullest first, and those that somebody has to catch up with. */
function streamsOf({ streams, overview }: Sight, named: Named): Section {
  const work = overview.path.stream?.name;
  const items = (streams?.items ?? []).map((stream) => ({
    ...stream,
    lag: stream.consumers.reduce((sum, { pending }) => sum + pending, 0),
    unacknowledged: stream.consumers.reduce((sum, { ack_pending }) => sum + ack_pending, 0),
  }));
  items.sort(
    (a, b) =>
      Number(b.name === work) - Number(a.name === work) ||
      (b.share ?? 0) - (a.share ?? 0) ||
      b.messages - a.messages,
  );
  const empty = items.filter(({ name, messages, lag }) => name !== work && messages === 0 && lag === 0);
  const told = items.filter((item) => !empty.includes(item));
  const rows = told.map(({ name, messages, bytes: size, share, lag, unacknowledged, replicas }, index) =>
    named(
      index === 0 ? 'streams' : '',
      left(name, 17),
      right(count(messages), 7),
      [messages === 1 ? ' msg ' : ' msgs', 'dim'],
      right(bytes(size), 10),
      ' ',
      share === null
        ? [left('no limit', 11), 'dim']
        : [`${shareBar(share, 5)} ${left(percent(share), 5)}`, share >= 0.8 ? 'red' : 'green'],
      ...(lag > 0 ? ([[' wait ', 'dim'], count(lag)] as const) : []),
      ...(unacknowledged > 0 ? ([[' in hand ', 'dim'], count(unacknowledged)] as const) : []),
      ...(replicas.current < replicas.wanted
        ? ([[`  ${replicas.current}/${replicas.wanted} replicas`, 'yellow']] as const)
        : []),
    ),
  );
  const names = empty.map(({ name }) => name).join(', ');
  const rest = empty.length === 0 ? [] : [named('', [`empty: ${names}`, 'dim'])];
  const none = named('streams', ['the broker does not say', 'dim']);
  return {
    lines: rows.length > 0 ? [...rows, ...rest] : [none],
    least: 1,
    more: (left) => named('', [`… and ${plural(left, 'more', 'more')}`, 'dim']),
  };
}

function lettersOf({ overview }: Sight, named: Named): string {
  const { dead, interventions } = overview.letters;
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

/** What each may have before any of them gets more: alerts, operations, workers, streams. */
const FIRST = [4, 9, 4, 5] as const;

/** Hands `room` out: each gets its least, then those before have the first word; what does not fit is counted. */
function share(room: number, sections: readonly [Section, Section, Section, Section]): readonly string[][] {
  const given = sections.map(({ least }) => least);
  let spare = room - given.reduce((sum, least) => sum + least, 0);
  for (const most of [FIRST, sections.map(() => Number.POSITIVE_INFINITY)])
    for (const [index, { lines }] of sections.entries()) {
      const has = given[index] ?? 0;
      const wanted = Math.min(lines.length, most[index] ?? 0);
      const more = Math.max(0, Math.min(wanted - has, spare));
      given[index] = has + more;
      spare -= more;
    }
  return sections.map(({ lines, more }, index) => {
    const fit = given[index] ?? 0;
    if (lines.length <= fit) return [...lines];
    if (fit <= 1) return lines.slice(0, fit);
    return [...lines.slice(0, fit - 1), more(lines.length - fit + 1)];
  });
}
