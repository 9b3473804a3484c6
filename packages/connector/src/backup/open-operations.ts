/** What was begun and has no outcome, as far as what was saved says: after a restore, it may have ended since. */
import { type Connection, type StoredRecord, storedMessages } from '@nats-bridge/messaging';
import {
  movesMoney,
  type OperationRecord,
  operationInKey,
  parsePaymentSubject,
  parseRecord,
  parseRecordSubject,
  parseRequestHeaders,
  RECORD_STREAM,
  recordSubject,
  ValidationError,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { retentionOf } from '../config/retention.js';
import { archiveNameOf } from '../topology.js';
import { type Begun, toldOf } from './told-of.js';

export type OpenOperation = Begun & {
  /** Undefined when nothing was recorded of it. */
  readonly record: OperationRecord | undefined;
  /** Place of its request in the archive; undefined when that does not have it. */
  readonly archiveSeq: number | undefined;
};

/** In milliseconds: what the ledger lets go of while it is read. */
const READING_MS = 60_000;

/**
 * Operations that move money, by the subject of their record. Everything that ledger, archive, letters and notes hold is
 * read: of two mirrors either may be behind the other, so one may speak of what another does not have. What archive and
 * audit have kept longer than the ledger keeps anything is not: that has ended, and its record has expired.
 */
export async function openOperations(
  connection: Connection,
  config: BridgeConfig,
  now = Date.now(),
): Promise<ReadonlyMap<string, OpenOperation>> {
  const open = new Map<string, OpenOperation>();
  /** Of those that have an outcome: how often they had been sent again by then, for ever once they are answered. */
  const ended = new Map<string, { readonly record: OperationRecord; readonly mayRunFrom: number }>();
  const add = (subject: string, begun: Begun, archiveSeq?: number) => {
    const end = ended.get(subject);
    if (end !== undefined && begun.retry < end.mayRunFrom) return;
    const known = open.get(subject);
    open.set(subject, {
      ...begun,
      record: known?.record ?? end?.record,
      archiveSeq: archiveSeq ?? known?.archiveSeq,
      retry: Math.max(begun.retry, known?.retry ?? 0),
    });
  };
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
  const since = new Date(now - retentionOf(config).ledger + READING_MS);
  for await (const told of toldOf(connection, since)) {
    const subject = subjectOf(told);
    if (subject !== undefined) add(subject, told);
  }
  for await (const stored of storedMessages(connection, archiveNameOf(config), { since })) {
    const request = requestIn(stored);
    const subject = subjectOf(request);
    if (subject !== undefined) add(subject, request, stored.seq);
  }
  return open;
}

/** @returns undefined for what moves no money, and for what no bridge has sent */
function subjectOf({ merchantId, idempotencyKey, operation }: Begun): string | undefined {
  if (!movesMoney(operation) || idempotencyKey === '') return undefined;
  try {
    return recordSubject(merchantId, idempotencyKey);
  } catch (error) {
    if (error instanceof ValidationError) return undefined; // no worker could have claimed it
    throw error;
  }
}

function requestIn({ headers, subject: sentTo }: StoredRecord): Begun {
  const sent = parsePaymentSubject(sentTo);
  const {
    merchantId = sent?.merchantId ?? '',
    operation = sent?.operation ?? '',
    idempotencyKey = '',
    paymentId = '',
    retry = 0,
  } = parseRequestHeaders(headers);
  return { merchantId, idempotencyKey, operation, paymentId, retry };
}
