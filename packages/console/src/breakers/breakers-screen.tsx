/** Which circuits are open, how near the limits are, and what was turned away. */
import type { BreakersAnswer } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { count, percent, plural } from '../format/number.js';
import { duration } from '../format/time.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { DefinitionList } from '../parts/definition-list.js';
import { EmptyState } from '../parts/empty-state.js';
import { Loaded } from '../parts/loaded.js';
import { Mark, type MarkProps } from '../parts/mark.js';
import { Panel } from '../parts/panel.js';
import { ShareBar } from '../parts/share-bar.js';
import { TimeText } from '../parts/time-text.js';
import { RateLimits } from './rate-limits.js';

const REFRESH_MS = 2_000;
type Breaker = BreakersAnswer['items'][number];

const MARKS: Readonly<Record<Breaker['state'], MarkProps>> = {
  closed: { tone: 'good', icon: 'check', word: 'closed' },
  half_open: { tone: 'busy', icon: 'clock', word: 'one call tries' },
  open: { tone: 'bad', icon: 'critical', word: 'open: calls fail at once' },
};
const COLUMNS: readonly Column<Breaker>[] = [
  { title: 'State', value: ({ state }) => <Mark {...MARKS[state]} /> },
  { title: 'Operation', value: ({ operation }) => operation },
  { title: 'Connector', value: ({ connector }) => connector },
  { title: 'Since (UTC)', value: ({ since }) => <TimeText at={since} />, isWide: true },
];

export function BreakersScreen() {
  const { api } = useSession();
  const resource = useResource<BreakersAnswer>(
    'breakers',
    (signal) => api.get('/breakers', {}, signal),
    REFRESH_MS,
  );
  return (
    <>
      <h1>Breakers and limits</h1>
      <Loaded resource={resource} what="breakers">
        {({ items, limits, rate_limits }) => (
          <>
            <Panel
              title="Circuit breakers"
              note={`open after ${plural(limits.failures, 'failure')} in a row, for ${duration(limits.open_ms)} at most`}
            >
              {items.length === 0 ? (
                <EmptyState icon="check" title="None has opened since this gateway began." />
              ) : (
                <DataTable
                  caption="Circuit breakers"
                  columns={COLUMNS}
                  rows={items}
                  rowKey={({ operation, connector }) => `${operation} ${connector}`}
                />
              )}
            </Panel>
            <RateLimits rules={rate_limits} />
            <Panel title="Calls in flight">
              <DefinitionList
                pairs={[
                  ['Now', count(limits.in_flight)],
                  ['Limit', count(limits.limit)],
                  ['Share', percent(limits.in_flight / limits.limit)],
                ]}
              />
              <ShareBar share={limits.in_flight / limits.limit} label="share of the limit" />
            </Panel>
          </>
        )}
      </Loaded>
    </>
  );
}
