/** Payments: searched, exported, and one with everything that happened to it. */
import {
  type OperationView,
  type PaymentQuery,
  type ReadRequested,
  readPaymentHistory,
} from '@nats-bridge/connector';
import { isoTime } from '@nats-bridge/protocol';
import type { z } from 'zod';
import type { SeenCall } from '../../seen/seen-calls.js';
import { circuitMoments } from '../circuit-moments.js';
import { csvLine } from '../csv.js';
import { placeIn } from '../page-of.js';
import { AdminProblem, route } from '../route.js';
import {
  type Payment,
  type PaymentRow,
  payment,
  paymentPage,
  paymentQuery,
  paymentRowOf,
} from '../schema/payments.js';
import { waterfallsOf } from '../waterfall.js';

/** What a spreadsheet still opens. */
const MOST_ROWS = 100_000;
const ROWS_AT_ONCE = 500;

export const paymentRoutes = [
  route({
    method: 'get',
    path: '/payments',
    summary: 'Operations that move money, as far as their records are kept.',
    role: 'viewer',
    query: paymentQuery,
    answer: paymentPage,
    async handle({ payments, readRequested }, { query }) {
      const { items, total, next } = payments.search(searchOf(query));
      return {
        items: await rowsOf(items, readRequested),
        total,
        ...(next !== undefined && { next_cursor: String(next) }),
      };
    },
  }),
  route({
    method: 'get',
    path: '/payments.csv',
    summary: `The same as a file, ${MOST_ROWS.toLocaleString('en')} rows at most.`,
    role: 'viewer',
    query: paymentQuery.omit({ cursor: true, limit: true }),
    answer: 'text/csv',
    handle({ payments, readRequested }, { query }) {
      const { items } = payments.search({ ...searchOf({ ...query, limit: MOST_ROWS }) });
      return new Response(ReadableStream.from(csvOf(items, readRequested)), {
        headers: {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': 'attachment; filename="payments.csv"',
        },
      });
    },
  }),
  route({
    method: 'get',
    path: '/payments/{merchant_id}/{payment_id}',
    summary: 'One payment: its operations, what happened to them in order, and where the time went.',
    role: 'viewer',
    answer: payment,
    async handle(
      { bridge, letterIndex, payments, readRequested, seenCalls, circuits },
      { params: { merchant_id = '', payment_id = '' } },
    ) {
      const operations = payments.ofPayment(merchant_id, payment_id);
      if (operations.length === 0)
        throw new AdminProblem(
          404,
          'NOT_FOUND',
          `no operation of payment ${payment_id} of ${merchant_id} is kept: records stay for nats_bridge.jetstream.ledger_max_age`,
        );
      const [history, requested] = await Promise.all([
        readPaymentHistory(bridge, letterIndex, operations),
        readRequested(operations),
      ]);
      const calls = seenCalls.ofPayment(merchant_id, payment_id);
      const last = Math.max(...history.map(({ at }) => at));
      return {
        merchant_id,
        payment_id,
        operations: operations.map((view, index) => ({
          ...paymentRowOf(view, requested[index]),
          ...(view.transactionId !== undefined && { transaction_id: view.transactionId }),
          ...(view.error !== undefined && { error: view.error }),
        })),
        timeline: [
          ...circuitMoments(calls, circuits, last),
          ...history.map(({ at, idempotencyKey, ...event }) => ({
            ...event,
            at: isoTime(at),
            idempotency_key: idempotencyKey,
          })),
          ...calls.map(heardOf),
        ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
        waterfall: waterfallsOf(calls, operations),
      };
    },
  }),
];

function searchOf(query: Omit<z.output<typeof paymentQuery>, 'cursor'> & { cursor?: string }): PaymentQuery {
  const { q, merchant, operation, state, status, sort, from, to, cursor, limit } = query;
  const [after] = cursor === undefined ? [] : placeIn(cursor, 1);
  return {
    text: q,
    merchantId: merchant,
    operation,
    state,
    status,
    oldestFirst: sort === 'oldest',
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(to !== undefined && { to: Date.parse(to) }),
    after,
    limit,
  };
}

async function rowsOf(views: readonly OperationView[], readRequested: ReadRequested): Promise<PaymentRow[]> {
  const requested = await readRequested(views);
  return views.map((view, index) => paymentRowOf(view, requested[index]));
}

/** Piece by piece, so that no more requests are in memory than a page has. */
async function* csvOf(
  views: readonly OperationView[],
  readRequested: ReadRequested,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(csvLine([...COLUMNS, 'minor_amount', 'currency']));
  for (let from = 0; from < views.length; from += ROWS_AT_ONCE) {
    const rows = await rowsOf(views.slice(from, from + ROWS_AT_ONCE), readRequested);
    const cells = rows.map(({ amount, ...row }) => [
      ...COLUMNS.map((name) => row[name]),
      amount?.minor_amount,
      amount?.currency,
    ]);
    yield Buffer.from(cells.map(csvLine).join(''));
  }
}

/** What a caller heard: known of the calls of this gateway alone. */
function heardOf({ operation, result, code, endedAt, marks }: SeenCall): Payment['timeline'][number] {
  const ms = endedAt - marks.begunAt;
  return {
    at: isoTime(marks.at + ms),
    kind: 'heard',
    operation,
    idempotency_key: '',
    source: null,
    detail: `${code ?? result.replace('_', ' ')} after ${ms.toFixed(1)} ms`,
  };
}

const COLUMNS = [
  'at',
  'merchant_id',
  'payment_id',
  'operation',
  'idempotency_key',
  'state',
  'status',
  'attempts',
  'worker',
  'requested_at',
  'duration_ms',
  'correlation_id',
  'connector',
] as const satisfies (keyof PaymentRow)[];
