/** Reads and takes out single messages of a stream, without a consumer that remembers. */
import type { StoredRecord } from '@nats-bridge/protocol';
import { JetStreamApiError, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { recordOf } from '../records/last-message.js';
import { saysNoMessage } from '../says-missing.js';
import { serverFeatures } from '../topology/server-features.js';
import { type BatchQuestion, readBatch } from './read-batch.js';

/** @returns undefined when the stream has it no longer, or never had */
export async function storedMessage(
  connection: Connection,
  stream: string,
  seq: number,
): Promise<StoredRecord | undefined> {
  if (seq < 1) return undefined;
  const manager = await managerOf(connection);
  return unlessNone(() => manager.streams.getMessage(stream, { seq }));
}

async function unlessNone(get: () => Promise<StoredMsg | null>): Promise<StoredRecord | undefined> {
  try {
    const message = await get();
    return message === null ? undefined : recordOf(message);
  } catch (error) {
    if (saysNoMessage(error)) return undefined;
    throw error;
  }
}

/** The message with this sequence, or the next one there is. */
export async function firstFrom(
  manager: JetStreamManager,
  stream: string,
  seq: number,
  subject = '>',
): Promise<StoredRecord | undefined> {
  const found = await unlessNone(() => manager.direct.getMessage(stream, { seq, next_by_subj: subject }));
  return found ?? firstAtLeader(manager, stream, seq, subject);
}

/** The same, of the stream's leader: any replica answers a direct read, and one that lags does not have the end yet. */
function firstAtLeader(
  manager: JetStreamManager,
  stream: string,
  seq: number,
  subject = '>',
): Promise<StoredRecord | undefined> {
  // The server takes both (2.9); nats.js has no type for it.
  const question = { seq, next_by_subj: subject };
  return unlessNone(() => manager.streams.getMessage(stream, question));
}

export type ListOptions = {
  /** Default: every subject. */
  readonly subject?: string;
  /** Stored at or after this time. */
  readonly since?: Date;
  /** From this sequence on. */
  readonly fromSeq?: number;
};

/**
 * What a stream's leader holds at this moment, oldest first. Read without a consumer: that could only be made by who
 * may have the server publish anywhere. The stream must allow direct reads.
 */
export async function* storedMessages(
  connection: Connection,
  stream: string,
  options: ListOptions = {},
): AsyncGenerator<StoredRecord> {
  const manager = await managerOf(connection);
  const { state } = await manager.streams.info(stream);
  const { since, fromSeq = 0 } = options;
  const sinceSeq = since === undefined ? state.first_seq : await firstSeqSince(manager, stream, state, since);
  const first = Math.max(sinceSeq, fromSeq);
  for (let seq = first; seq <= state.last_seq; ) {
    const batch = await nextFrom(connection, manager, stream, {
      seq,
      subject: options.subject,
      atMost: BATCH,
    });
    for (const stored of batch) {
      if (stored.seq > state.last_seq) return;
      yield stored;
      seq = stored.seq + 1;
    }
    if (batch.length === 0) return;
  }
}

const BATCH = 512;

/** The next ones there are, by ascending sequence; one alone where the server gives no more at once. */
export async function nextFrom(
  connection: Connection,
  manager: JetStreamManager,
  stream: string,
  question: BatchQuestion,
): Promise<readonly StoredRecord[]> {
  // Over another account's streams one question has one answer: more do not find their way back.
  const isOwnAccount = connection.jetstreamOptions.domain === undefined;
  const isBatched = isOwnAccount && serverFeatures(connection.current?.info?.version ?? '').batchDirectGet;
  if (isBatched) {
    const batch = await readBatch(connection, stream, question);
    if (batch.length > 0) return batch;
  }
  const first = isBatched ? firstAtLeader : firstFrom;
  const stored = await first(manager, stream, question.seq, question.subject);
  return stored === undefined ? [] : [stored];
}

/** A stream's messages are in the order of their times: the place is found by halving. */
export async function firstSeqSince(
  manager: JetStreamManager,
  stream: string,
  { first_seq, last_seq }: { readonly first_seq: number; readonly last_seq: number },
  since: Date,
): Promise<number> {
  let [low, high] = [first_seq, last_seq + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await firstFrom(manager, stream, middle);
    if (found === undefined || found.storedAt >= since) high = middle;
    else low = found.seq + 1;
  }
  return low;
}

/** @returns whether it was there */
export async function deleteStored(connection: Connection, stream: string, seq: number): Promise<boolean> {
  const manager = await managerOf(connection);
  return manager.streams.deleteMessage(stream, seq).catch((error: unknown) => {
    if (error instanceof JetStreamApiError) return false;
    throw error;
  });
}

export type StreamState = {
  readonly firstSeq: number;
  /** Of its last message; 0 for none ever. */
  readonly lastSeq: number;
  readonly messages: number;
  /** When it was made, as the server says it. */
  readonly created: string;
  /** What it takes by itself; none for one that only sources others. */
  readonly subjects: readonly string[];
};

/** How far a stream has come. */
export async function streamState(connection: Connection, stream: string): Promise<StreamState> {
  const manager = await managerOf(connection);
  const { state, created, config } = await manager.streams.info(stream);
  return {
    firstSeq: state.first_seq,
    lastSeq: state.last_seq,
    messages: state.messages,
    created: String(created),
    subjects: config.subjects ?? [],
  };
}

/** What was taken out of a stream between its first message and its last. */
export async function deletedSeqs(connection: Connection, stream: string): Promise<readonly number[]> {
  const manager = await managerOf(connection);
  const { state } = await manager.streams.info(stream, { deleted_details: true });
  return state.deleted ?? [];
}
