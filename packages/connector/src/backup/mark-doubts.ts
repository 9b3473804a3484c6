/**
 * What was open when a backup was made may have been carried out since: none of it is sent again, and a person settles
 * it. Its record says that somebody may have begun, so that a repeat is executed as another attempt, by a worker that
 * looks before it charges, and a question hears "pending" (P3, P4).
 */
import {
  createRecordStore,
  createRecordWriter,
  deleteStored,
  type StoredRecord,
  storedMessage,
  storedMessages,
} from '@nats-bridge/messaging';
import {
  bodyOf,
  fingerprintOf,
  NOTARY,
  QUEUE_STREAM,
  type Queue,
  RECORD_STREAM,
  recordHeaders,
} from '@nats-bridge/protocol';
import { createOpenArchived } from '../archive/archived-requests.js';
import { readAudit } from '../audit/read-audit.js';
import { parseLetter } from '../dead-letters/dead-letter.js';
import { TAKES_OUT } from '../dead-letters/letter-action.js';
import { letterOfOperation } from '../dead-letters/letter-of-operation.js';
import { writeLetter } from '../dead-letters/write-letter.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import { type OpenOperation, openOperations } from './open-operations.js';

/** Why its letter is there, and what stands in its record. */
const RESTORED = 'restored from a backup';

export type Doubts = {
  /** Operations without an outcome. */
  readonly open: number;
  /** Letters that were written; the others had one. */
  readonly interventions: number;
};

/** Nobody else may be at the streams. Does nothing a second time. */
export async function markDoubts(
  bridge: Pick<NatsBridge, 'config' | 'connection' | 'sealing'>,
): Promise<Doubts> {
  const { config, connection } = bridge;
  const openArchived = createOpenArchived(bridge);
  const open = await openOperations(connection, config);
  const withLetter = await keysWithLetter();
  const writer = createRecordWriter(connection);
  const records = createRecordStore(connection, { stream: RECORD_STREAM, writer });
  let interventions = 0;
  try {
    for (const [subject, operation] of open) {
      const request = await requestOf(operation);
      await claim(subject, operation, request);
      if (withLetter.has(subjectKey(operation))) continue;
      const letter = letterOfOperation({ ...operation, reason: RESTORED, request }, config);
      if (await writeLetter(writer, 'interventions', letter)) interventions++;
    }
    return { open: open.size, interventions };
  } finally {
    writer.close();
  }

  /** Also what was only announced: a worker that keeps records would begin it as for the first time. */
  async function claim(
    subject: string,
    { record, operation, paymentId, retry }: OpenOperation,
    request: StoredRecord | undefined,
  ): Promise<void> {
    if (record?.state === 'claimed') return;
    // A person may have mended what was sent again.
    const isOfRecord = record !== undefined && record.retry === retry;
    const fingerprint = isOfRecord ? record.fingerprint : await fingerprintIn(request);
    const claimed = recordHeaders({
      ...record,
      state: 'claimed',
      operation,
      paymentId,
      fingerprint,
      retry,
      by: NOTARY,
      attempt: record?.attempt ?? 1,
      leaseUntil: Date.now(),
      reason: RESTORED,
    });
    await records.write(subject, bodyOf('claimed'), claimed, record?.seq ?? 0);
  }

  async function requestOf({ archiveSeq }: OpenOperation): Promise<StoredRecord | undefined> {
    if (archiveSeq === undefined) return undefined;
    return storedMessage(connection, archiveNameOf(config), archiveSeq);
  }

  /** So that a repeat that asks for something else is refused. Undefined where the request does not open. */
  async function fingerprintIn(request: StoredRecord | undefined): Promise<string | undefined> {
    const opened = request && (await openArchived(request).catch(() => undefined));
    return opened && fingerprintOf(opened.router_data);
  }

  /** A mirror keeps what was taken out of its origin: what the audit says of a letter counts. */
  async function keysWithLetter(): Promise<ReadonlySet<string>> {
    const takenOut = new Map<string, number>();
    for (const { action, at, what } of await readAudit(connection))
      if (TAKES_OUT.includes(action)) takenOut.set(`${what.queue} ${what.seq}`, Date.parse(at));
    const keys = new Set<string>();
    for (const queue of Object.keys(QUEUE_STREAM) as Queue[])
      for await (const stored of storedMessages(connection, QUEUE_STREAM[queue])) {
        const letter = parseLetter(queue, stored);
        if ((takenOut.get(`${queue} ${letter.seq}`) ?? 0) < letter.at.getTime()) keys.add(subjectKey(letter));
        else await deleteStored(connection, QUEUE_STREAM[queue], letter.seq);
      }
    return keys;
  }
}

function subjectKey({
  merchantId,
  idempotencyKey,
}: Pick<OpenOperation, 'merchantId' | 'idempotencyKey'>): string {
  return JSON.stringify([merchantId, idempotencyKey]);
}
