/** An operation as operators see it: its record, and how its answer says it ended. Nothing that must not be shown. */
import type { StoredRecord } from '@nats-bridge/messaging';
import {
  decodeMessage,
  maskAnswer,
  operationInKey,
  parseRecord,
  parseRecordSubject,
  type RecordState,
} from '@nats-bridge/protocol';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';
import { isUnproven } from '../signing/bridge-signing.js';

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
  /** How long the handler took that answered. */
  readonly handlerMs?: number;
  /** How much of it went to calls of the processor, where the handler marks them. */
  readonly processorMs?: number;
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
  const ending = endingOf(record.state, stored, ids, sealing);
  // Every field by name, also of what is not there: V8 reads a hundred thousand of one shape ten times as fast.
  return {
    merchantId: ids.merchantId,
    idempotencyKey: ids.idempotencyKey,
    operation: record.operation ?? operationInKey(ids.idempotencyKey),
    paymentId: record.paymentId ?? '',
    state: ending.state,
    status: ending.status,
    transactionId: ending.transactionId,
    error: ending.error,
    at: record.at,
    requestedAt: record.requestedAt,
    claimedAt: record.claimedAt,
    handlerMs: record.handlerMs,
    processorMs: record.processorMs,
    attempts: record.attempt ?? 0,
    worker: record.by,
    correlationId: record.correlationId,
    reason: ending.reason ?? record.reason,
    requestSeq: record.requestSeq,
    seq: record.seq,
  };
}

const UNPROVEN = 'how it ended is said by somebody who may not';

type Fields = Readonly<Record<string, unknown>>;
type Ending = Pick<OperationView, 'state' | 'status' | 'transactionId' | 'error' | 'reason'>;

/** The state alone where the answer lies elsewhere, or cannot be opened here. */
function endingOf(
  state: RecordState,
  { body, headers }: StoredRecord,
  { merchantId, idempotencyKey }: Pick<OperationView, 'merchantId' | 'idempotencyKey'>,
  sealing: BridgeSealing,
): Ending {
  try {
    if (state === 'withdrawn') sealing.openWithdrawal(merchantId, idempotencyKey, headers);
    if (state !== 'answered') return { state };
    const opened = sealing.openAnswer(merchantId, idempotencyKey, { body, headers });
    const answer = maskAnswer(decodeMessage(opened)) as Fields;
    const { code, message } = (answer.error ?? {}) as { code?: unknown; message?: unknown };
    return {
      state,
      ...(typeof answer.status === 'string' && { status: answer.status }),
      ...(typeof answer.transaction_id === 'string' && { transactionId: answer.transaction_id }),
      ...(typeof code === 'string' && { error: { code, message: String(message ?? '') } }),
    };
  } catch (error) {
    // As the ledger takes it: it may have begun, and nobody who may say so has said how it ended.
    return isUnproven(error) ? { state: 'claimed', reason: UNPROVEN } : { state };
  }
}
