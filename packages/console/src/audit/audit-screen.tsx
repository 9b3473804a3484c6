/** What people did, newest first. */
import type { AuditPage } from '../api/types.js';
import { usePages } from '../api/use-pages.js';
import { useConsole, useSession } from '../console-context.js';
import { plural } from '../format/number.js';
import { Button } from '../parts/button.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { EmptyState } from '../parts/empty-state.js';
import { TextField } from '../parts/field.js';
import { Panel } from '../parts/panel.js';
import { Problem } from '../parts/problem.js';
import { Skeleton } from '../parts/skeleton.js';
import { TimeText } from '../parts/time-text.js';
import { ChainFound, useChainCheck, VerifyButton } from './chain-check.js';

type Entry = AuditPage['items'][number];

const COLUMNS: readonly Column<Entry>[] = [
  { title: 'When (UTC)', value: ({ at }) => <TimeText at={at} /> },
  { title: 'Who', value: ({ who }) => who },
  { title: 'Action', value: ({ action }) => <span class="one-line">{wordsOf(action)}</span> },
  { title: 'Why', value: ({ reason }) => reason, isWide: true },
  {
    title: 'What',
    value: ({ target }) => (
      <span class="id">
        {Object.entries(target)
          .map(([name, value]) => `${wordsOf(name)} ${String(value)}`)
          .join(', ')}
      </span>
    ),
  },
];

/** `show_raw` and `payment_id` as words. */
function wordsOf(name: string): string {
  return name.replaceAll('_', ' ');
}

export function AuditScreen() {
  const { router } = useConsole();
  const { api } = useSession();
  const who = router.location.value.query.get('who') ?? '';
  const pages = usePages<AuditPage>(who, (cursor, signal) =>
    api.get('/audit', { ...(who !== '' && { who }), cursor, limit: 100 }, signal),
  );
  const check = useChainCheck();
  const { head, items, error, hasMore, loadMore, reload } = pages;
  return (
    <>
      <div class="screen-head">
        <h1>Audit</h1>
        <span class="screen-note">
          {head === undefined ? '' : plural(head.total ?? 0, 'entry', 'entries')}
        </span>
        <VerifyButton check={check} />
      </div>
      <ChainFound check={check} />
      <search class="filters-more">
        <TextField label="Who" value={who} onChange={(name) => router.setQuery({ who: name })} />
      </search>
      {error && <Problem error={error} onRetry={reload} />}
      {head === undefined && !error && <Skeleton lines={8} label="Loading the audit" />}
      {head !== undefined && (
        <Panel title="What people did">
          {items.length === 0 ? (
            <EmptyState icon="audit" title="Nobody did anything that is written down." />
          ) : (
            <DataTable
              caption="Audit, newest first"
              columns={COLUMNS}
              rows={items}
              rowKey={({ seq }) => String(seq)}
            />
          )}
          {hasMore && <Button onClick={loadMore}>Show more</Button>}
        </Panel>
      )}
    </>
  );
}
