/** One payment: what was done in it, what happened in which order, and where the time went. */
import type { Payment } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { money } from '../format/money.js';
import { plural } from '../format/number.js';
import { milliseconds } from '../format/time.js';
import { CopyButton } from '../parts/copy-button.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { DefinitionList } from '../parts/definition-list.js';
import { EmptyState } from '../parts/empty-state.js';
import { Loaded } from '../parts/loaded.js';
import { NewerButton } from '../parts/newer-button.js';
import { Panel } from '../parts/panel.js';
import { useSteady } from '../parts/use-steady.js';
import { PaymentMark } from '../payments/payment-mark.js';
import { Link } from '../routing/link.js';
import type { ScreenProps } from '../shell/screens.js';
import { Timeline } from './timeline.js';
import { WaterfallChart } from './waterfall-chart.js';

const REFRESH_MS = 5_000;

export function PaymentScreen({ parts: [merchant = '', payment = ''] }: ScreenProps) {
  const { api } = useSession();
  const path = `/payments/${encodeURIComponent(merchant)}/${encodeURIComponent(payment)}`;
  const resource = useResource<Payment>(path, (signal) => api.get(path, {}, signal), REFRESH_MS);
  return (
    <>
      <p>
        <Link to="/payments">Payments</Link>
      </p>
      <div class="screen-head">
        <h1 class="id">{payment}</h1>
        <CopyButton text={payment} what="payment id" />
        <span class="screen-note">
          of <Link to={`/payments?merchant=${encodeURIComponent(merchant)}`}>{merchant}</Link>
        </span>
      </div>
      <Loaded resource={resource} what="the payment" lines={12}>
        {(data) => <Found payment={data} />}
      </Loaded>
    </>
  );
}

/** More operations or bars would move what is below them. */
const shapeOf = ({ operations, waterfall }: Payment) => `${operations.length} ${waterfall.length}`;

function Found({ payment }: { readonly payment: Payment }) {
  const { shown, isHeld, release } = useSteady(payment, shapeOf);
  const { operations, timeline, waterfall } = shown;
  const [last] = operations.slice(-1);
  return (
    <>
      <NewerButton isThere={isHeld} onShow={release}>
        More has happened: show
      </NewerButton>
      <Panel title="Operations" note={plural(operations.length, 'operation')}>
        <DataTable
          caption="What was done in this payment"
          columns={COLUMNS}
          rows={operations}
          rowKey={({ idempotency_key }) => idempotency_key}
        />
      </Panel>
      <div class="columns">
        <Panel title="Where the time went" note="what each caller waited">
          {waterfall.length === 0 ? (
            <EmptyState icon="clock" title="Nothing of it was answered by a worker yet." />
          ) : (
            <WaterfallChart waterfall={waterfall} />
          )}
        </Panel>
        <Panel title="The last operation">
          <DefinitionList
            pairs={[
              ['Idempotency key', last?.idempotency_key],
              ['Correlation id', last?.correlation_id],
              ['Worker', last?.worker],
              ['Processor’s id', last?.transaction_id],
              ['Error', last?.error && `${last.error.code}: ${last.error.message}`],
            ]}
          />
        </Panel>
      </div>
      <Panel title="What happened" note={plural(timeline.length, 'moment')}>
        <Timeline events={timeline} />
      </Panel>
    </>
  );
}

const COLUMNS: readonly Column<Payment['operations'][number]>[] = [
  { title: 'State', value: (row) => <PaymentMark row={row} /> },
  { title: 'Operation', value: ({ operation }) => operation },
  { title: 'Amount', value: ({ amount }) => money(amount), isNumber: true },
  { title: 'Connector', value: ({ connector }) => connector ?? '–' },
  {
    title: 'Processor’s id',
    value: ({ transaction_id }) => <span class="id">{transaction_id ?? '–'}</span>,
    isWide: true,
  },
  { title: 'Error', value: ({ error }) => error?.code ?? '–' },
  { title: 'Attempts', value: ({ attempts }) => attempts, isNumber: true },
  { title: 'Took', value: ({ duration_ms }) => milliseconds(duration_ms), isNumber: true },
];
