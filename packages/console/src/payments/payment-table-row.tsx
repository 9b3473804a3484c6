/** One operation in the list: its payment's id is the link, and the whole row follows it. */
import type { PaymentRow } from '../api/types.js';
import { money } from '../format/money.js';
import { clockSeconds, milliseconds } from '../format/time.js';
import { TimeText } from '../parts/time-text.js';
import { Link } from '../routing/link.js';
import { addressOf } from './payment-filter.js';
import { PaymentMark } from './payment-mark.js';

export type PaymentTableRowProps = {
  readonly row: PaymentRow;
  readonly index: number;
  readonly isActive: boolean;
};

export function PaymentTableRow({ row, index, isActive }: PaymentTableRowProps) {
  const { at, requested_at = at } = row;
  return (
    <tr aria-rowindex={index + 2} data-row={index}>
      <td class="cell-state">
        <PaymentMark row={row} />
      </td>
      <td class="cell-time">
        <TimeText at={requested_at} short={`${requested_at.slice(5, 10)} ${clockSeconds(requested_at)}`} />
      </td>
      <td class="cell-operation">
        {row.operation}
        {row.attempts > 1 && (
          <span class="again" title={`attempt ${row.attempts}`}>
            {' '}
            ×{row.attempts}
          </span>
        )}
      </td>
      <td class="cell-amount number">{money(row.amount)}</td>
      <td class="cell-payment id">
        <Link to={addressOf(row)} class="row-link" tabIndex={isActive ? 0 : -1}>
          {row.payment_id}
        </Link>
      </td>
      <td class="cell-connector" title={row.connector}>
        {row.connector ?? '–'}
      </td>
      <td class="cell-merchant" title={row.merchant_id}>
        {row.merchant_id}
      </td>
      <td class="cell-worker" title={row.worker}>
        {row.worker ?? '–'}
      </td>
      <td class="cell-took number">{milliseconds(row.duration_ms)}</td>
    </tr>
  );
}
