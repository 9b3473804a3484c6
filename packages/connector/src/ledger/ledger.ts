/** The ledger: how far each operation has come and what was answered, read and written as records. */
import {
  type BodyReferences,
  type Connection,
  createRecordStore,
  createRecordWriter,
  lastMessage,
  type StoredRecord,
} from '@nats-bridge/messaging';
import {
  type BridgeResponse,
  bodyOf,
  type NewRecord,
  type OperationRecord,
  parseRecord,
  RECORD_STREAM,
  recordHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import { type EncodedAnswer, readAnswer } from './answer.js';

export type LedgerEntry = {
  readonly record: OperationRecord;
  /** Of an answered operation; undefined when it cannot be read. */
  readonly answer: BridgeResponse | undefined;
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

export function createLedger(connection: Connection, bodies: BodyReferences): Ledger {
  const writer = createRecordWriter(connection);
  const store = createRecordStore(connection, { stream: RECORD_STREAM, writer });

  async function entryOf(stored: StoredRecord | undefined): Promise<LedgerEntry | undefined> {
    if (stored === undefined) return undefined;
    const record = parseRecord(stored.headers, stored.seq, stored.storedAt.getTime());
    if (record.state !== 'answered') return { record, answer: undefined };
    return { record, answer: await answerIn(stored).catch(() => undefined) };
  }

  async function answerIn({ body, headers }: StoredRecord): Promise<BridgeResponse> {
    return readAnswer({ body: await bodies.resolveBody({ body, headers }), headers });
  }

  return {
    async find(merchantId, key) {
      return entryOf(await lastMessage(connection, RECORD_STREAM, recordSubject(merchantId, key)));
    },
    async findLatest(merchantId, key) {
      return entryOf(await store.read(recordSubject(merchantId, key)));
    },
    write(merchantId, key, record, expectedSeq, answer) {
      const headers = { ...recordHeaders(record), ...answer?.headers };
      return store.write(recordSubject(merchantId, key), bodyIn(record, answer), headers, expectedSeq);
    },
    close: () => writer.close(),
  };
}

function bodyIn({ state }: NewRecord, answer: EncodedAnswer | undefined): Uint8Array {
  if (state !== 'answered') return bodyOf(state);
  if (answer === undefined) throw new TypeError('an answered record needs its answer');
  return answer.body;
}
