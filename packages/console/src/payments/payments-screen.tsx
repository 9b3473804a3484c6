/** All payments: found by any id, narrowed by merchant, operation, state and time, changing live. */
import { useState } from 'preact/hooks';
import type { Page, PaymentRow } from '../api/types.js';
import { usePages } from '../api/use-pages.js';
import { apiErrorOf } from '../api/use-resource.js';
import { useConsole, useSession } from '../console-context.js';
import { count } from '../format/number.js';
import { saveFile } from '../format/save-file.js';
import { Button } from '../parts/button.js';
import { EmptyState } from '../parts/empty-state.js';
import { NewerButton } from '../parts/newer-button.js';
import { Problem } from '../parts/problem.js';
import { Skeleton } from '../parts/skeleton.js';
import { FilterBar } from './filter-bar.js';
import { apiQueryOf, filterOfAddress, isNarrowed } from './payment-filter.js';
import { PaymentList } from './payment-list.js';
import { useLiveRows } from './use-live-rows.js';

const PAGE_SIZE = 200;

export function PaymentsScreen() {
  const { router } = useConsole();
  const { api } = useSession();
  const filter = filterOfAddress(router.location.value.query);
  const key = JSON.stringify(filter);
  const pages = usePages<Page<PaymentRow>>(key, (cursor, signal) =>
    api.get('/payments', { ...apiQueryOf(filter), cursor, limit: PAGE_SIZE }, signal),
  );
  const newer = useLiveRows(pages);
  const total = pages.head?.total;
  return (
    <div class="screen-fill">
      <div class="screen-head">
        <h1>Payments</h1>
        <span class="screen-note" role="status">
          {total === undefined ? '' : `${count(total)} ${isNarrowed(filter) ? 'found' : 'operations'}`}
        </span>
        <ExportButton />
      </div>
      <FilterBar filter={filter} onChange={router.setQuery} />
      {pages.error && <Problem error={pages.error} onRetry={pages.reload} />}
      {pages.head === undefined && !pages.error && <Skeleton lines={16} label="Loading payments" />}
      {pages.head !== undefined && pages.items.length === 0 && (
        <EmptyState icon="payments" title={isNarrowed(filter) ? 'Nothing matches.' : 'No payments yet.'}>
          {isNarrowed(filter) ? (
            <Button onClick={() => router.setQuery(CLEARED)}>Clear the filter</Button>
          ) : (
            <>
              They appear here as they are made. Try one: <code>npx nats-bridge pay</code>
            </>
          )}
        </EmptyState>
      )}
      {pages.items.length > 0 && (
        <div class="list-frame">
          <NewerButton
            isThere={newer > 0 && filter.sort !== 'oldest' && !pages.isLoading}
            onShow={pages.reload}
          >
            {count(newer)} newer: show
          </NewerButton>
          <PaymentList key={key} pages={pages} total={total ?? pages.items.length} />
        </div>
      )}
    </div>
  );
}

const CLEARED = {
  q: undefined,
  merchant: undefined,
  operation: undefined,
  state: undefined,
  from: undefined,
  to: undefined,
};

/** What the filter finds, as CSV. */
function ExportButton() {
  const { router, notices } = useConsole();
  const { api } = useSession();
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const query = apiQueryOf(filterOfAddress(router.location.value.query));
      const answer = await api.open('/payments.csv', query);
      saveFile('payments.csv', 'text/csv', await answer.blob());
    } catch (fault) {
      notices.say('bad', apiErrorOf(fault).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button icon="download" isBusy={isBusy} onClick={() => void save()}>
      Export CSV
    </Button>
  );
}
