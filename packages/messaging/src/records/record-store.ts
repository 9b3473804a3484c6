/** Records that are changed only by who has seen their last state: one subject each, compare and set. */
import type { Headers, StoredRecord } from '@nats-bridge/protocol';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { RecordChangedError } from '../errors.js';
import { saysNothingThere } from '../says-missing.js';
import { lastMessage, recordOf } from './last-message.js';
import type { RecordWriter } from './record-writer.js';
import { saysOvertaken } from './says-overtaken.js';

export type RecordStore = {
  /** The last record of a subject, as `readFrom` has it; undefined when there is none, or no stream. */
  read(subject: string): Promise<StoredRecord | undefined>;
  /**
   * Writes, if the last record of the subject still is the one with sequence `expectedSeq` (0: none).
   * @returns the sequence of what was written
   * @throws RecordChangedError when it is not; StoreRefusedError, StoreUnconfirmedError, NotConnectedError
   */
  write(subject: string, body: Uint8Array, headers: Headers, expectedSeq: number): Promise<number>;
};

const EXPECTED_SEQ = 'Nats-Expected-Last-Subject-Sequence';

export type RecordStoreOptions = {
  readonly stream: string;
  readonly writer: RecordWriter;
  /**
   * `nearest`: reads with a question that names the subject, which permissions can tell apart; any replica answers,
   * perhaps with a record that was just changed. A write that builds on it is refused. Default `leader`.
   */
  readonly readFrom?: 'leader' | 'nearest';
};

export function createRecordStore(connection: Connection, options: RecordStoreOptions): RecordStore {
  return {
    async read(subject) {
      if (options.readFrom === 'nearest') return lastMessage(connection, options.stream, subject);
      const manager = await managerOf(connection);
      try {
        const message = await manager.streams.getMessage(options.stream, { last_by_subj: subject });
        return message === null ? undefined : recordOf(message);
      } catch (error) {
        if (saysNothingThere(error)) return undefined;
        throw error;
      }
    },
    async write(subject, body, headers, expectedSeq) {
      try {
        const ack = await options.writer.write(subject, body, {
          [EXPECTED_SEQ]: String(expectedSeq),
          ...headers,
        });
        return ack.seq;
      } catch (error) {
        if (saysOvertaken(error)) throw new RecordChangedError(subject, expectedSeq, { cause: error });
        throw error;
      }
    },
  };
}
