/** An operation as operators see it: its record, and how its answer says it ended. Nothing that must not be shown. */
import type { StoredRecord } from '@nats-bridge/messaging';
import {
  decodeBody,
  HEADER,
  maskAnswer,
  type OperationRecord,
  parseRecord,
  parseRecordSubject,
  type RecordState,
} from '@nats-bridge/protocol';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';

export type OperationView = {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly operation: string;
  readonly paymentId: string;
  readonly state: RecordState;
  /** Of an answer that can be read. */
  readonly status?: string;
  readonly transactionId?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** When this state was written; milliseconds since the epoch, as all times here. */
  readonly at: number;
  readonly requestedAt?: number;
  readonly claimedAt?: number;
  readonly attempts: number;
  readonly worker?: string;
  readonly correlationId?: string;
  /** Why it was withdrawn, or how the last attempt failed. */
  readonly reason?: string;
  /** Of the request in the work stream. */
  readonly requestSeq?: number;
  /** Of the record in its stream: newer ones have higher ones. */
  readonly seq: number;
};

/** @returns undefined for what is no record */
export function operationViewOf(stored: StoredRecord, sealing: BridgeSealing): OperationView | undefined {
  const ids = parseRecordSubject(stored.subject);
  if (ids === undefined) return undefined;
  const record = parseRecord(stored.headers, stored.seq, stored.storedAt.getTime());
  return {
    ...ids,
    operation: record.operation ?? ids.idempotencyKey.slice(0, ids.idempotencyKey.indexOf(':')),
    paymentId: record.paymentId ?? '',
    state: record.state,
    at: record.at,
    attempts: record.attempt ?? 0,
    seq: record.seq,
    ...optional(record),
    ...(record.state === 'answered' && endingIn(stored, ids, sealing)),
  };
}

function optional({ requestedAt, claimedAt, by, correlationId, reason, requestSeq }: OperationRecord) {
  const values = { requestedAt, claimedAt, worker: by, correlationId, reason, requestSeq };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

type Fields = Readonly<Record<string, unknown>>;
type Ending = Pick<OperationView, 'status' | 'transactionId' | 'error'>;

/** Empty where the answer lies elsewhere, or cannot be opened here. */
function endingIn(
  { body, headers }: StoredRecord,
  { merchantId, idempotencyKey }: Pick<OperationView, 'merchantId' | 'idempotencyKey'>,
  sealing: BridgeSealing,
): Ending {
  try {
    const opened = sealing.openAnswer(merchantId, idempotencyKey, { body, headers });
    const answer = maskAnswer(decodeBody(opened.body, opened.headers[HEADER.contentType])) as Fields;
    const { code, message } = (answer.error ?? {}) as { code?: unknown; message?: unknown };
    return {
      ...(typeof answer.status === 'string' && { status: answer.status }),
      ...(typeof answer.transaction_id === 'string' && { transactionId: answer.transaction_id }),
      ...(typeof code === 'string' && { error: { code, message: String(message ?? '') } }),
    };
  } catch {
    return {};
  }
}
