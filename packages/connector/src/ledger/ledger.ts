/** The ledger: how far each operation has come and what was answered, read and written as records. */
import {
  type BodyReferences,
  type Connection,
  createRecordStore,
  createRecordWriter,
  lastMessage,
  type StoredRecord,
  storedMessages,
} from '@nats-bridge/messaging';
import {
  BridgeError,
  type BridgeResponse,
  bodyOf,
  type NewRecord,
  type OperationRecord,
  parseRecord,
  RECORD_STREAM,
  recordHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';
import { isUnproven } from '../signing/bridge-signing.js';
import { type EncodedAnswer, readAnswer } from './answer.js';

export type LedgerEntry = {
  readonly record: OperationRecord;
  /** Of an answered operation; undefined when it cannot be read. */
  readonly answer: BridgeResponse | undefined;
  /** The answer could not be fetched: nothing is known of it, and it may be read the next time. */
  readonly isUnavailable?: boolean;
};

export type Ledger = {
  /** What stands under an idempotency key, from whichever server of the cluster is nearest. */
  find(merchantId: string, key: string): Promise<LedgerEntry | undefined>;
  /** The same from the stream's leader: what a change may be made conditional on. */
  findLatest(merchantId: string, key: string): Promise<LedgerEntry | undefined>;
  /**
   * Writes the next state, if the last record still is the one with sequence `expectedSeq` (0: none).
   * @returns its sequence
   * @throws RecordChangedError when it is not
   */
  write(
    merchantId: string,
    key: string,
    record: NewRecord,
    expectedSeq: number,
    answer?: EncodedAnswer,
  ): Promise<number>;
  close(): void;
};

export function createLedger(connection: Connection, bodies: BodyReferences, sealing: BridgeSealing): Ledger {
  const writer = createRecordWriter(connection);
  const store = createRecordStore(connection, { stream: RECORD_STREAM, writer });

  async function entryOf(
    merchantId: string,
    key: string,
    stored: StoredRecord | undefined,
  ): Promise<LedgerEntry | undefined> {
    if (stored === undefined) return undefined;
    const record = await withFingerprint(
      parseRecord(stored.headers, stored.seq, stored.storedAt.getTime()),
      stored.subject,
    );
    try {
      if (record.state === 'withdrawn') sealing.openWithdrawal(merchantId, key, stored.headers);
      if (record.state !== 'answered') return { record, answer: undefined };
      return { record, answer: await answerIn(merchantId, key, stored) };
    } catch (error) {
      const isUnavailable = !(error instanceof BridgeError && error.code === 'INVALID_WORKER_REPLY');
      return { record: isUnproven(error) ? inDoubt(record) : record, answer: undefined, isUnavailable };
    }
  }

  /** Who knows only the contract writes an answer and nothing else: what was asked stands in the records before it. */
  async function withFingerprint(record: OperationRecord, subject: string): Promise<OperationRecord> {
    if (record.state !== 'answered' || record.fingerprint !== undefined) return record;
    let fingerprint: string | undefined;
    for await (const { headers, seq, storedAt } of storedMessages(connection, RECORD_STREAM, { subject }))
      fingerprint = parseRecord(headers, seq, storedAt.getTime()).fingerprint ?? fingerprint;
    return { ...record, fingerprint };
  }

  async function answerIn(
    merchantId: string,
    key: string,
    { body, headers }: StoredRecord,
  ): Promise<BridgeResponse> {
    const whole = { body: await bodies.resolveBody({ body, headers }), headers };
    return readAnswer(sealing.openAnswer(merchantId, key, whole));
  }

  return {
    async find(merchantId, key) {
      const stored = await lastMessage(connection, RECORD_STREAM, recordSubject(merchantId, key));
      return entryOf(merchantId, key, stored);
    },
    async findLatest(merchantId, key) {
      return entryOf(merchantId, key, await store.read(recordSubject(merchantId, key)));
    },
    write(merchantId, key, record, expectedSeq, answer) {
      const sealed = answer && sealing.sealAnswer(merchantId, key, answer);
      const headers = {
        ...recordHeaders(record),
        ...(record.state === 'withdrawn' && sealing.sealWithdrawal(merchantId, key)),
        ...sealed?.headers,
      };
      return store.write(recordSubject(merchantId, key), bodyIn(record, sealed), headers, expectedSeq);
    },
    close: () => writer.close(),
  };
}

/** Nobody who may say so has said how it ended; all that is known is that it may have begun. */
function inDoubt(record: OperationRecord): OperationRecord {
  return { ...record, state: 'claimed', leaseUntil: undefined };
}

function bodyIn({ state }: NewRecord, answer: EncodedAnswer | undefined): Uint8Array {
  if (state !== 'answered') return bodyOf(state);
  if (answer === undefined) throw new TypeError('an answered record needs its answer');
  return answer.body;
}
