/** How full the streams are, and how far their consumers have come. */
import { useRef } from 'preact/hooks';
import type { StreamsAnswer } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { bytes, count, percent, plural } from '../format/number.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { EmptyState } from '../parts/empty-state.js';
import { Loaded } from '../parts/loaded.js';
import { Panel } from '../parts/panel.js';
import { ShareBar } from '../parts/share-bar.js';

const REFRESH_MS = 2_000;
type Stream = StreamsAnswer['items'][number];
type Consumer = Stream['consumers'][number] & { readonly stream: string };

const STREAMS: readonly Column<Stream>[] = [
  { title: 'Stream', value: ({ name }) => name },
  { title: 'Messages', value: ({ messages }) => count(messages), isNumber: true },
  { title: 'Size', value: ({ bytes: size }) => bytes(size), isNumber: true },
  {
    title: 'Of its limit',
    value: ({ share, name }) =>
      share === null ? (
        'no limit'
      ) : (
        <span class="share-beside">
          {percent(share)} <ShareBar share={share} label={`${name} is at ${percent(share)} of its limit`} />
        </span>
      ),
    isWide: true,
  },
  { title: 'Copies', value: ({ replicas }) => `${replicas.current} of ${replicas.wanted}`, isNumber: true },
];

const CONSUMERS: readonly Column<Consumer>[] = [
  { title: 'Stream', value: ({ stream }) => stream },
  { title: 'Consumer', value: ({ name, own }) => `${name}${own ? '' : ' (not the bridge’s)'}`, isWide: true },
  { title: 'Waiting', value: ({ pending }) => count(pending), isNumber: true },
  { title: 'In hand', value: ({ ack_pending }) => count(ack_pending), isNumber: true },
  { title: 'Redelivered', value: ({ redelivered }) => count(redelivered), isNumber: true },
];

export function StreamsScreen() {
  const { api } = useSession();
  const resource = useResource<StreamsAnswer>(
    'streams',
    (signal) => api.get('/streams', {}, signal),
    REFRESH_MS,
  );
  return (
    <>
      <h1>Streams</h1>
      <Loaded resource={resource} what="streams">
        {({ items }) => (
          <>
            <Panel title="Streams" note={plural(items.length, 'stream')}>
              <DataTable caption="Streams" columns={STREAMS} rows={items} rowKey={({ name }) => name} />
            </Panel>
            <ConsumersPanel items={items} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** Those that had something to show since somebody looks; they stay, so that nothing jumps. */
function ConsumersPanel({ items }: { readonly items: readonly Stream[] }) {
  const seen = useRef(new Set<string>());
  const all = items.flatMap(({ name: stream, consumers }) => consumers.map((one) => ({ ...one, stream })));
  for (const one of all)
    if (one.pending + one.ack_pending + one.redelivered > 0 || !one.own) seen.current.add(keyOf(one));
  const byKey = new Map(all.map((one) => [keyOf(one), one]));
  const rows = [...seen.current].map((key) => byKey.get(key)).filter((one) => one !== undefined);
  return (
    <Panel title="Consumers" note={`${rows.length} of ${all.length} with something to show`}>
      {rows.length === 0 ? (
        <EmptyState icon="check" title="Nothing waits.">
          No consumer has a message waiting, in hand or delivered again.
        </EmptyState>
      ) : (
        <DataTable caption="Consumers" columns={CONSUMERS} rows={rows} rowKey={keyOf} />
      )}
    </Panel>
  );
}

function keyOf({ stream, name }: Consumer): string {
  return `${stream} ${name}`;
}
