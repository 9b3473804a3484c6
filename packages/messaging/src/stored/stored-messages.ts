/** Reads and takes out single messages of a stream, without a consumer that remembers. */
import {
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { NO_MESSAGE, recordOf, type StoredRecord } from '../records/last-message.js';
import { readHeaders } from '../request/message-headers.js';
import { originSeqOf } from './origin.js';

/** @returns undefined when the stream has it no longer, or never had */
export async function storedMessage(
  connection: Connection,
  stream: string,
  seq: number,
): Promise<StoredRecord | undefined> {
  if (seq < 1) return undefined;
  const manager = await jetstreamManager(await connection.get(), { checkAPI: false });
  try {
    const message = await manager.streams.getMessage(stream, { seq });
    return message === null ? undefined : recordOf(message);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return undefined;
    throw error;
  }
}

/**
 * The copy that an archive has of its source's message `originSeq`. Copies come in the order of their originals, so
 * the place is guessed, and the guess mended by what is found there. The archive must allow direct reads.
 */
export async function archivedMessage(
  connection: Connection,
  archive: string,
  originSeq: number,
): Promise<StoredRecord | undefined> {
  const manager = await jetstreamManager(await connection.get(), { checkAPI: false });
  const { state } = await manager.streams.info(archive);
  let [low, high] = [state.first_seq, state.last_seq];
  let guess = Math.min(originSeq, high);
  while (low <= high) {
    const found = await firstFrom(manager, archive, guess);
    const origin = found && originSeqOf(found.headers);
    if (origin === originSeq) return found;
    if (found === undefined || origin === undefined || origin > originSeq) high = guess - 1;
    else low = found.seq + 1;
    const mended = guess + originSeq - (origin ?? 0);
    guess = mended >= low && mended <= high ? mended : Math.floor((low + high) / 2);
  }
  return undefined;
}

/** The message with this sequence, or the next one there is. */
async function firstFrom(
  manager: JetStreamManager,
  stream: string,
  seq: number,
): Promise<StoredRecord | undefined> {
  try {
    const message = await manager.direct.getMessage(stream, { seq, next_by_subj: '>' });
    return message === null ? undefined : recordOf(message);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return undefined;
    throw error;
  }
}

export type ListOptions = {
  /** Default: every subject. */
  readonly subject?: string;
  /** Stored at or after this time. */
  readonly since?: Date;
};

/** What a stream holds at this moment, oldest first. */
export async function* storedMessages(
  connection: Connection,
  stream: string,
  options: ListOptions = {},
): AsyncGenerator<StoredRecord> {
  const consumer = await jetstream(await connection.get()).consumers.get(stream, {
    ...(options.subject !== undefined && { filter_subjects: options.subject }),
    ...(options.since !== undefined && {
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: options.since.toISOString(),
    }),
  });
  let { num_pending: left } = await consumer.info();
  while (left > 0) {
    const messages = await consumer.fetch({ max_messages: Math.min(left, 500), expires: 5_000 });
    let seen = 0;
    for await (const message of messages) {
      seen++;
      yield {
        subject: message.subject,
        body: message.data,
        headers: readHeaders(message),
        seq: message.seq,
        storedAt: message.time,
      };
    }
    if (seen === 0) return; // what was there has left meanwhile
    left -= seen;
  }
}

/** @returns whether it was there */
export async function deleteStored(connection: Connection, stream: string, seq: number): Promise<boolean> {
  const manager = await jetstreamManager(await connection.get(), { checkAPI: false });
  return manager.streams.deleteMessage(stream, seq).catch((error: unknown) => {
    if (error instanceof JetStreamApiError) return false;
    throw error;
  });
}
