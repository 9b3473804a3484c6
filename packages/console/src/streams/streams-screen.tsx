/** How full the streams are, and how far their consumers have come. */
import type { StreamsAnswer } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { bytes, count, percent, plural } from '../format/number.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Loaded } from '../parts/loaded.js';
import { Panel } from '../parts/panel.js';
import { ShareBar } from '../parts/share-bar.js';

const REFRESH_MS = 2_000;
type Stream = StreamsAnswer['items'][number];
type Consumer = Stream['consumers'][number];

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
            {items.map(({ name, consumers }) => {
              const busy = consumers.filter(
                (one) => one.pending + one.ack_pending + one.redelivered > 0 || !one.own,
              );
              return busy.length === 0 ? null : (
                <Panel
                  key={name}
                  title={`Consumers of ${name}`}
                  note={`${busy.length} of ${consumers.length} with something to show`}
                >
                  <DataTable
                    caption={`Consumers of ${name}`}
                    columns={CONSUMERS}
                    rows={busy}
                    rowKey={(one) => one.name}
                  />
                </Panel>
              );
            })}
          </>
        )}
      </Loaded>
    </>
  );
}
