/** Streams, how full they are, and what waits in them. */
import { LOG_STREAM } from '@nats-bridge/protocol';
import { bytes, count, percent, plural } from '../output/numbers.js';
import type { Named, Section } from './section.js';
import type { Sight } from './sight.js';
import { shareBar } from './spark-line.js';
import { left, right } from './text-line.js';

/** The fullest first, and those that somebody has to catch up with. */
export function streamsOf({ streams, overview }: Sight, named: Named): Section {
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
        : [
            `${shareBar(share, 5)} ${left(percent(share), 5)}`,
            share > 0.8 && !isHistory(name) ? 'red' : 'green',
          ],
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

/** They let go of their oldest: full is how they are meant to be. */
function isHistory(stream: string): boolean {
  return stream.endsWith('_ARCHIVE') || stream === LOG_STREAM;
}
