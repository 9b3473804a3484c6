/** What was given up: in groups of one cause, to be sent again together, and one by one. */
import { useState } from 'preact/hooks';
import type { Letter, LetterPage } from '../api/types.js';
import { usePages } from '../api/use-pages.js';
import { useConsole, useSession } from '../console-context.js';
import { count, plural } from '../format/number.js';
import { Button } from '../parts/button.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { EmptyState } from '../parts/empty-state.js';
import { ChoiceField, TextField } from '../parts/field.js';
import { Panel } from '../parts/panel.js';
import { Problem } from '../parts/problem.js';
import { Skeleton } from '../parts/skeleton.js';
import { TimeText } from '../parts/time-text.js';
import { Link } from '../routing/link.js';
import { mayAct } from '../session/session.js';
import { ApprovalsPanel, useApprovals } from './approvals-panel.js';
import { RetryDialog, type RetryWhat } from './retry-dialog.js';
import { VerdictMark } from './verdict-mark.js';

const QUEUES = [
  { value: '', text: 'Both' },
  { value: 'interventions', text: 'Interventions' },
  { value: 'dead_letters', text: 'Dead letters' },
];
const NAMES = ['queue', 'merchant', 'operation', 'verdict', 'cause'] as const;
const PAGE_SIZE = 50;

export function LettersScreen() {
  const { router } = useConsole();
  const { api, role } = useSession();
  const [retrying, setRetrying] = useState<RetryWhat>();
  const query = router.location.value.query;
  const filter = Object.fromEntries(
    NAMES.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])),
  );
  const pages = usePages<LetterPage>(JSON.stringify(filter), (cursor, signal) =>
    api.get('/letters', { ...filter, cursor, limit: PAGE_SIZE }, signal),
  );
  const { head, items, error, hasMore, loadMore, reload } = pages;
  const approvals = useApprovals();
  // Both at once: what waits for a second person stands above the letters.
  const isReady = head !== undefined && (approvals.data ?? approvals.error) !== undefined;
  const mayRetry = mayAct(role, 'operator');
  return (
    <>
      <div class="screen-head">
        <h1>Dead letters and interventions</h1>
        <span class="screen-note" role="status">
          {head === undefined ? '' : plural(head.total ?? 0, 'letter')}
        </span>
        <Button icon="retry" onClick={reload}>
          Reload
        </Button>
      </div>
      <search class="filters">
        <div class="filters-more">
          <ChoiceField
            label="Kind"
            value={filter.queue ?? ''}
            choices={QUEUES}
            onChange={(queue) => router.setQuery({ queue })}
          />
          <TextField
            label="Cause"
            value={filter.cause ?? ''}
            onChange={(cause) => router.setQuery({ cause })}
          />
          <TextField
            label="Merchant"
            value={filter.merchant ?? ''}
            onChange={(merchant) => router.setQuery({ merchant })}
          />
          <TextField
            label="Operation"
            value={filter.operation ?? ''}
            onChange={(operation) => router.setQuery({ operation })}
          />
        </div>
      </search>
      {error && <Problem error={error} onRetry={reload} isStale={head !== undefined} />}
      {isReady && <ApprovalsPanel approvals={approvals} onDecided={reload} />}
      {!isReady && !error && <Skeleton lines={10} label="Loading letters" />}
      {isReady && items.length === 0 && (
        <Panel title="Letters">
          <EmptyState
            icon="check"
            title={Object.keys(filter).length > 0 ? 'Nothing matches.' : 'Nothing waits.'}
          >
            What no worker could answer appears here, with what the ledger says of it.
          </EmptyState>
        </Panel>
      )}
      {isReady && items.length > 0 && (
        <>
          <Panel title="By cause" note={plural(head.groups.length, 'group')}>
            <ul class="groups">
              {head.groups.map((group) => (
                <li
                  class="group"
                  key={[group.reason, group.error, group.operation, group.verdict].join('\n')}
                >
                  <div>
                    <p class="group-cause">{causeOf(group)}</p>
                    <p class="group-detail">
                      {group.operation} · {group.merchants.join(', ')} · last <TimeText at={group.last_at} />
                    </p>
                  </div>
                  <VerdictMark verdict={group.verdict} />
                  <span class="number">{plural(group.count, 'letter')}</span>
                  <Button
                    icon="retry"
                    disabled={!mayRetry || group.verdict !== 'never_sent'}
                    title={
                      group.verdict === 'never_sent'
                        ? undefined
                        : 'only what nobody began is sent again together'
                    }
                    onClick={() =>
                      setRetrying({
                        title: plural(group.count, 'letter'),
                        filter: {
                          ...filter,
                          operation: group.operation,
                          verdict: group.verdict,
                          reason: group.reason,
                          error: group.error ?? '',
                        },
                      })
                    }
                  >
                    Retry all
                  </Button>
                </li>
              ))}
            </ul>
          </Panel>
          <Panel title="Letters" note={`${count(items.length)} of ${count(head.total ?? items.length)}`}>
            <DataTable
              caption="Letters, newest first"
              columns={COLUMNS}
              rows={items}
              rowKey={({ name }) => name}
            />
            {hasMore && <Button onClick={loadMore}>Show more</Button>}
          </Panel>
        </>
      )}
      {retrying && <RetryDialog what={retrying} onClose={() => setRetrying(undefined)} onDone={reload} />}
    </>
  );
}

function causeOf({ reason, error }: Pick<Letter, 'reason' | 'error'>): string {
  return [reason, error].filter(Boolean).join(', ');
}

const COLUMNS: readonly Column<Letter>[] = [
  { title: 'Letter', value: ({ name }) => <Link to={`/letters/${name}`}>{name}</Link> },
  { title: 'Given up (UTC)', value: ({ at }) => <TimeText at={at} /> },
  { title: 'Operation', value: ({ operation }) => operation },
  { title: 'Payment', value: ({ payment_id }) => <span class="id">{payment_id}</span> },
  { title: 'Merchant', value: ({ merchant_id }) => merchant_id },
  { title: 'Verdict', value: ({ verdict }) => <VerdictMark verdict={verdict} /> },
  { title: 'Cause', value: causeOf },
];
