/** The note of a call that ended in doubt: whom to tell what became of it, and how to say it. */
import {
  aliasOf,
  isOperation,
  keyBeforeReturn,
  type Operation,
  type OperationRow,
  operationRow,
  type RouterData,
} from '@nats-bridge/protocol';
import { z } from 'zod';
import type { Exchange } from '../call/exchange.js';

const lateNoteSchema = z.object({
  operation: z.string().refine((name): name is Operation => isOperation(name)),
  merchant_id: z.string().min(1),
  idempotency_key: z.string().min(1),
  connector: z.string(),
  payment_id: z.string(),
  attempt_id: z.string(),
  refund_id: z.string().optional(),
  correlation_id: z.string(),
  /** The id the caller was given in place of the processor's. */
  alias: z.string(),
  webhook_url: z.url({ protocol: /^https?$/ }),
  /** Of the request, what its answer depends on or repeats. Never the payment method, never credentials. */
  request: z.record(z.string(), z.unknown()),
  test_mode: z.boolean(),
  /** How often a person had it sent again: a withdrawal that was recorded before is not what became of it. */
  retry: z.int().min(0).default(0),
});

export type LateNote = z.output<typeof lateNoteSchema>;

const REQUEST_FIELDS = [
  'capture_method',
  'merchant_transaction_id',
  'merchant_charge_id',
  'merchant_recurring_payment_id',
  'merchant_refund_id',
  'refund_amount',
] as const;

/** Of these Hyperswitch takes an event with the whole answer in it (docs/hyperswitch.md, Events). */
function isPushed(row: OperationRow): boolean {
  return row.movesMoney && (row.statusKind === 'payment' || row.statusKind === 'refund');
}

/** What of a call is noted. */
export type NotedCall = Pick<Exchange, 'operation' | 'row' | 'data' | 'key' | 'correlationId'>;

/**
 * @param retry how often a person had it sent again
 * @returns undefined when nobody can be told: no key, no `webhook_url`, or one that is not http or https
 */
export function noteOf(
  { operation, row, data, key, correlationId }: NotedCall,
  retry = 0,
): LateNote | undefined {
  if (key === undefined || !isPushed(row)) return undefined;
  const request: Record<string, unknown> = {};
  for (const field of REQUEST_FIELDS)
    if (data.request[field] !== undefined) request[field] = data.request[field];
  const note = lateNoteSchema.safeParse({
    operation,
    merchant_id: data.merchant_id,
    idempotency_key: key,
    connector: data.connector,
    payment_id: data.payment_id,
    attempt_id: data.attempt_id,
    refund_id: data.refund_id,
    correlation_id: correlationId,
    alias: aliasOf(key),
    webhook_url: data.request.webhook_url,
    request,
    test_mode: data.test_mode,
    retry,
  });
  return note.success ? note.data : undefined;
}

export function encodeNote(note: LateNote): Uint8Array {
  return Buffer.from(JSON.stringify(note));
}

/** @returns undefined for what is no note */
export function decodeNote(body: Uint8Array): LateNote | undefined {
  try {
    return lateNoteSchema.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The call as far as the note remembers it: enough to read its answer, not to send it. */
export function callOf(note: LateNote): {
  readonly operation: Operation;
  readonly row: OperationRow & { readonly operation: Operation };
  readonly data: RouterData;
  readonly correlationId: string;
} {
  const { operation, correlation_id, idempotency_key, test_mode } = note;
  // What the browser brought back is not noted, only that it did.
  const isReturn = keyBeforeReturn(idempotency_key) !== undefined;
  const request = isReturn ? { ...note.request, redirection_response: {} } : note.request;
  const { merchant_id, payment_id, attempt_id, refund_id, connector } = note;
  return {
    operation,
    row: operationRow(operation),
    correlationId: correlation_id,
    data: {
      merchant_id,
      payment_id,
      attempt_id,
      refund_id,
      connector,
      connector_auth_type: { auth_type: 'NoKey' },
      request,
      test_mode,
    },
  };
}
