/** What was begun and has no outcome, as far as archive and ledger say: after a restore, it may have ended since. */
import { type Connection, type StoredRecord, storedMessages } from '@nats-bridge/messaging';
import {
  decodeHeaderValue,
  HEADER,
  movesMoney,
  type OperationRecord,
  operationInKey,
  parsePaymentSubject,
  parseRecord,
  parseRecordSubject,
  RECORD_STREAM,
  recordSubject,
  ValidationError,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { archiveNameOf } from '../topology.js';

export type OpenOperation = {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly operation: string;
  readonly paymentId: string;
  /** Undefined when nothing was recorded of it. */
  readonly record: OperationRecord | undefined;
  /** Place of its request in the archive; undefined when that does not have it. */
  readonly archiveSeq: number | undefined;
  /** How often a person had it sent again. */
  readonly retry: number;
};

/** Operations that move money, by the subject of their record. Everything that both streams hold is read. */
export async function openOperations(
  connection: Connection,
  config: BridgeConfig,
): Promise<ReadonlyMap<string, OpenOperation>> {
  const open = new Map<string, OpenOperation>();
  /** Of those that have an outcome: how often they had been sent again by then, for ever once they are answered. */
  const ended = new Map<string, { readonly record: OperationRecord; readonly mayRunFrom: number }>();
  for await (const stored of storedMessages(connection, RECORD_STREAM)) {
    const named = parseRecordSubject(stored.subject);
    if (named === undefined) continue;
    const record = parseRecord(stored.headers, stored.seq, stored.storedAt.getTime());
    const { state, retry, operation = operationInKey(named.idempotencyKey), paymentId = '' } = record;
    open.delete(stored.subject);
    ended.delete(stored.subject);
    if (state === 'answered') ended.set(stored.subject, { record, mayRunFrom: Number.POSITIVE_INFINITY });
    else if (state === 'withdrawn') ended.set(stored.subject, { record, mayRunFrom: retry + 1 });
    else open.set(stored.subject, { ...named, operation, paymentId, record, archiveSeq: undefined, retry });
  }
  for await (const stored of storedMessages(connection, archiveNameOf(config))) {
    const request = requestIn(stored);
    if (request === undefined) continue;
    const { subject, ...named } = request;
    const end = ended.get(subject);
    if (end !== undefined && named.retry < end.mayRunFrom) continue;
    const record = open.get(subject)?.record ?? end?.record;
    open.set(subject, { ...named, record, archiveSeq: stored.seq });
  }
  return open;
}

type Request = Omit<OpenOperation, 'record' | 'archiveSeq'> & { readonly subject: string };

/** @returns undefined for what moves no money, and for what no bridge has sent */
function requestIn({ headers, subject: sentTo }: StoredRecord): Request | undefined {
  const header = (name: string) => decodeHeaderValue(headers[name] ?? '');
  const parsed = parsePaymentSubject(sentTo);
  const operation = header(HEADER.operation) || (parsed?.operation ?? '');
  const merchantId = header(HEADER.merchantId) || (parsed?.merchantId ?? '');
  const idempotencyKey = header(HEADER.idempotencyKey);
  if (!movesMoney(operation) || idempotencyKey === '') return undefined;
  try {
    const subject = recordSubject(merchantId, idempotencyKey);
    const paymentId = header(HEADER.paymentId);
    return {
      subject,
      merchantId,
      idempotencyKey,
      operation,
      paymentId,
      retry: Number(header(HEADER.retry)) || 0,
    };
  } catch (error) {
    if (error instanceof ValidationError) return undefined; // no worker could have claimed it
    throw error;
  }
}
