/** What the list of payments is narrowed to; it stands in the address, so that it can be shared and gone back to. */
import type { Query } from '../api/client.js';
import type { PaymentRow } from '../api/types.js';

const NAMES = ['q', 'merchant', 'operation', 'state', 'from', 'to', 'sort'] as const;
export type PaymentFilter = Readonly<Partial<Record<(typeof NAMES)[number], string>>>;

export function filterOfAddress(query: URLSearchParams): PaymentFilter {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name)]).filter(([, value]) => value));
}

export function isNarrowed({ sort: _, ...filter }: PaymentFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined && value !== '');
}

const STATUSES: readonly (string | undefined)[] = ['success', 'failure', 'processing'];

/** How an operation ended is chosen where its state is. */
export function apiQueryOf({ state, ...filter }: PaymentFilter): Query {
  return { sort: 'newest', ...filter, ...(STATUSES.includes(state) ? { status: state } : { state }) };
}

export function rowKey({ merchant_id, idempotency_key }: PaymentRow): string {
  return `${merchant_id} ${idempotency_key}`;
}

export function addressOf({
  merchant_id,
  payment_id,
}: Pick<PaymentRow, 'merchant_id' | 'payment_id'>): string {
  return `/payments/${encodeURIComponent(merchant_id)}/${encodeURIComponent(payment_id)}`;
}

/**
 * Rows that are in the list get what is new of them; the rest is counted for later. The live feed does not say what was
 * asked for, and that stays what it was.
 */
export function mergeRows(
  rows: readonly PaymentRow[],
  changed: ReadonlyMap<string, PaymentRow>,
): readonly PaymentRow[] {
  if (!rows.some((row) => changed.has(rowKey(row)))) return rows;
  return rows.map((row) => {
    const { connector, amount } = row;
    const now = changed.get(rowKey(row));
    return now === undefined ? row : { ...now, connector, amount };
  });
}
