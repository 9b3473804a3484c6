/** Operations of payments, and the story of one payment. */
import { type OperationView, type Requested, shownOperation } from '@nats-bridge/connector';
import { z } from 'zod';
import { count, milliseconds, operation, page, pageQuery, source, time, timeQuery } from './common.js';

const state = z.enum(['sent', 'claimed', 'answered', 'withdrawn']);
const status = z.enum(['success', 'failure', 'processing']);

const amount = z.object({
  minor_amount: z.int().meta({ description: 'In the minor unit of the currency.' }),
  currency: z.string().meta({ description: 'ISO 4217.' }),
});

export const paymentRow = z.object({
  merchant_id: z.string(),
  payment_id: z.string(),
  idempotency_key: z.string(),
  operation,
  connector: z.string().optional().meta({
    description:
      'As Hyperswitch names it. Left out where the request is gone or does not open, and in `/live`.',
  }),
  amount: amount.optional().meta({
    description:
      'What this operation was asked to move. Left out where it names none, and wherever `connector` is.',
  }),
  state: state.meta({ description: 'Of the record of its idempotency key.' }),
  status: status.optional(),
  at: time.meta({ description: 'When it came to this state.' }),
  requested_at: time.optional(),
  attempts: count,
  worker: z.string().optional(),
  correlation_id: z.string().optional(),
  duration_ms: milliseconds.optional().meta({ description: 'From the stream to the answer.' }),
});

export const paymentQuery = z.object({
  q: z
    .string()
    .max(255)
    .optional()
    .meta({ description: 'Beginning of a payment id, idempotency key, correlation id or worker.' }),
  merchant: z.string().max(255).optional(),
  operation: z.string().max(64).optional(),
  state: state.optional(),
  status: status.optional(),
  sort: z.enum(['newest', 'oldest']).default('newest'),
  ...timeQuery,
  ...pageQuery,
});

export const paymentPage = page(paymentRow);

const waterfallPart = z
  .enum([
    'validation',
    'policies',
    'broker',
    'queue',
    'record',
    'handler',
    'processor',
    'reply',
    'waiting',
    'answer',
  ])
  .meta({
    description:
      'validation: metadata and bytes are read; policies: around the call; broker: until the stream has confirmed it; queue: until a worker took it; record: the worker wrote its claim and its answer; handler: your code; processor: what of it waited for the processor, where the handler marks that; reply: on the way back; waiting: not known in parts; answer: it is read, encoded and handed to gRPC.',
  });

export const payment = z.object({
  merchant_id: z.string(),
  payment_id: z.string(),
  operations: z.array(
    paymentRow.extend({
      transaction_id: z.string().optional(),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
  timeline: z.array(
    z.object({
      at: time,
      kind: z.enum([
        'requested',
        'sent',
        'claimed',
        'answered',
        'said_again',
        'withdrawn',
        'dead_letter',
        'action',
        'heard',
        'circuit',
      ]),
      operation,
      idempotency_key: z.string(),
      source: source.nullable(),
      worker: z.string().optional(),
      detail: z.string().optional(),
      circuit: z.enum(['closed', 'open', 'half_open']).optional().meta({
        description: 'Of kind circuit: how that of the operation and connector stood from then on.',
      }),
      connector: z.string().optional(),
    }),
  ),
  waterfall: z.array(
    z.object({
      operation,
      idempotency_key: z.string().meta({ description: 'Empty for a question, which has none.' }),
      correlation_id: z.string().optional(),
      seen_by: z.enum(['gateway', 'ledger']).meta({
        description:
          'gateway: what the caller waited, as far as this gateway had the call. ledger: of calls of other gateways, and from before a restart, from the stream to the answer.',
      }),
      total_ms: milliseconds.meta({ description: 'The sum of the parts.' }),
      parts: z.array(z.object({ name: waterfallPart, start_ms: milliseconds, ms: milliseconds })),
    }),
  ),
});

export type PaymentRow = z.infer<typeof paymentRow>;
export type Payment = z.infer<typeof payment>;

/** @param requested nothing where nobody has looked */
export function paymentRowOf(view: OperationView, requested: Requested = {}): PaymentRow {
  const { connector, amount: { minorAmount, currency } = {} } = requested;
  return {
    ...shownOperation(view),
    ...(connector !== undefined && { connector }),
    ...(minorAmount !== undefined &&
      currency !== undefined && { amount: { minor_amount: minorAmount, currency } }),
  };
}
