/** Who answers, how busy they are, and what nobody answers. */
import type { WorkersAnswer } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { count, plural } from '../format/number.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { EmptyState } from '../parts/empty-state.js';
import { Loaded } from '../parts/loaded.js';
import { Mark } from '../parts/mark.js';
import { Panel } from '../parts/panel.js';

const REFRESH_MS = 2_000;
type Row = WorkersAnswer['items'][number];

const COLUMNS: readonly Column<Row>[] = [
  { title: 'Worker', value: ({ worker }) => worker },
  { title: 'Process', value: ({ id }) => <span class="id">{id}</span> },
  {
    title: 'In hand',
    value: ({ in_flight }) => (in_flight === null ? '–' : count(in_flight)),
    isNumber: true,
  },
  { title: 'Capacity', value: ({ capacity }) => count(capacity), isNumber: true },
  { title: 'Weight', value: ({ weight }) => (weight === null ? '–' : count(weight)), isNumber: true },
  {
    title: 'Priority',
    value: ({ priority }) => (priority === 0 ? '0' : `${priority}, backup`),
    isNumber: true,
  },
  { title: 'Operations', value: ({ operations }) => operations.join(', '), isWide: true },
];

export function WorkersScreen() {
  const { api } = useSession();
  const resource = useResource<WorkersAnswer>(
    'workers',
    (signal) => api.get('/workers', {}, signal),
    REFRESH_MS,
  );
  return (
    <>
      <h1>Workers</h1>
      <Loaded resource={resource} what="workers">
        {({ items, consumers_without_workers: alone, overlaps }) => (
          <>
            <Panel title="To look at">
              <ul class="looks">
                {alone.length + overlaps.length === 0 && (
                  <li>
                    <Mark
                      tone="good"
                      icon="check"
                      word="nothing: no request waits unread, and none goes to two"
                    />
                  </li>
                )}
                {alone.map((consumer) => (
                  <li key={consumer}>
                    <Mark
                      tone="bad"
                      icon="warning"
                      word={`${consumer}: requests wait, and nobody reads them`}
                    />
                  </li>
                ))}
                {overlaps.map((overlap) => (
                  <li key={overlap}>
                    <Mark
                      tone="bad"
                      icon="critical"
                      word={`${overlap} each get the same requests: a payment may be executed by both`}
                    />
                  </li>
                ))}
              </ul>
            </Panel>
            <Panel title="Processes" note={plural(items.length, 'process', 'processes')}>
              {items.length === 0 ? (
                <EmptyState icon="workers" title="No worker of the SDK is there.">
                  Start one: <code>npx nats-bridge worker sandbox</code>
                </EmptyState>
              ) : (
                <DataTable caption="Workers" columns={COLUMNS} rows={items} rowKey={({ id }) => id} />
              )}
            </Panel>
          </>
        )}
      </Loaded>
    </>
  );
}
