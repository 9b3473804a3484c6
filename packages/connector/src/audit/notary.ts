/**
 * Writes a digest of every record of a payment into the chain of the audit, in batches and behind the payments: none
 * waits for it. Any number of bridges may do so at the same time; one of them writes a batch.
 */
import { type Connection, lastMessage, storedMessages, streamState } from '@nats-bridge/messaging';
import {
  AUDIT_STREAM,
  digestRecord,
  QUEUE_STREAM,
  RECORD_STREAM,
  type RecordDigest,
  recordBatchEntry,
  recordBatchOf,
  recordBatchSubject,
  type SignHash,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { startPeriodicTask } from '../pacing/periodic-task.js';
import { archiveNameOf } from '../topology.js';
import { type Audit, createAudit } from './audit.js';
import { parseEntry, type ReadEntry, storedEntries } from './read-audit.js';

export type Notary = {
  /** Writes down what has come until now. */
  catchUp(): Promise<void>;
  /** Lets a batch that is under way end. */
  close(): Promise<void>;
};

export type NotaryOptions = {
  /** Told when it begins to fail, and again when the reason changes; it goes on trying. */
  onError?(error: Error): void;
};

type NotaryWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly auditSigner: SignHash | undefined;
};

/** Some 60 bytes each. */
const MOST_IN_BATCH = 1_000;

/** The streams that hold the life of payments: what was asked, what became of it, and what was given up. */
export function watchedStreams(config: BridgeConfig): readonly string[] {
  return [RECORD_STREAM, archiveNameOf(config), ...Object.values(QUEUE_STREAM)];
}

export function keepNotary(
  { config, connection, auditSigner }: NotaryWorld,
  { onError = () => {} }: NotaryOptions = {},
): Notary {
  const audit = createAudit(connection, auditSigner);
  const closing = new AbortController();

  async function catchUp(): Promise<void> {
    for (const stream of watchedStreams(config))
      while (!closing.signal.aborted && (await writeBatch(connection, audit, stream)));
  }

  const isOn = config.jetstream_enabled && config.audit.records;
  const task = isOn
    ? startPeriodicTask(catchUp, {
        everyMs: config.audit.records_every_ms,
        onError,
        // Without a connection there is nothing to write down, and the bridge itself says so.
        isPossible: () => connection.current !== undefined,
      })
    : undefined;
  return {
    catchUp,
    async close() {
      closing.abort();
      await task?.close();
      audit.close();
    },
  };
}

/** @returns whether there may be more */
async function writeBatch(connection: Connection, audit: Audit, stream: string): Promise<boolean> {
  const subject = recordBatchSubject(stream);
  const { lastSeq: lastBatchSeq, entry: written } = await lastBatchEntry(connection, subject);
  const { created, firstSeq, lastSeq } = await streamState(connection, stream);
  const last = written && recordBatchOf(written);
  if (last === 'broken')
    throw new Error(`${AUDIT_STREAM}: the newest entry of ${subject} is no batch of records`);
  const isSame = last?.created === created;
  // A stream that ends before what was written down has lost its end: what comes there now is written down besides.
  const from = isSame ? Math.min(last.to, lastSeq) + 1 : Math.max(firstSeq, 1);
  if (from > lastSeq) return false;
  const records: RecordDigest[] = [];
  for await (const record of storedMessages(connection, stream, { fromSeq: from })) {
    records.push(digestRecord(stream, record));
    if (records.length === MOST_IN_BATCH) break;
  }
  // Never further than what was seen: a replica that lags does not have the end yet.
  const to = records.at(-1)?.seq;
  if (to === undefined) return false;
  const entry = recordBatchEntry({ stream, created, from, to, records });
  await audit.appendAfter(entry, { subject, lastSeq: lastBatchSeq });
  return to < lastSeq;
}

/** What is no entry is passed over, as in the chain: it must not end the watch over a stream. `lastSeq` 0: none. */
async function lastBatchEntry(
  connection: Connection,
  subject: string,
): Promise<{ readonly lastSeq: number; readonly entry: ReadEntry | undefined }> {
  const newest = await lastMessage(connection, AUDIT_STREAM, subject);
  if (newest === undefined) return { lastSeq: 0, entry: undefined };
  let entry = parseEntry(Buffer.from(newest.body).toString());
  if (entry === undefined)
    for await (const stored of storedEntries(connection, { subject })) entry = stored.entry ?? entry;
  return { lastSeq: newest.seq, entry };
}
