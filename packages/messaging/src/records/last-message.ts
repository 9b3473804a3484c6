/** The last message of a subject, read straight from the stream. */
import { JetStreamApiError, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import type { HeaderRecord } from '../request/message-headers.js';

export type StoredRecord = {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly headers: HeaderRecord;
  readonly seq: number;
  readonly storedAt: Date;
};

export const NO_MESSAGE = 10037;
const NO_STREAM = 10059;

/** Whether that is why the server refused: there is no such stream. */
export function saysNoStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === NO_STREAM;
}

/** Where there is no stream, nothing was recorded either. Any other refusal says nothing about what is there. */
export function saysNothingThere(error: unknown): boolean {
  return saysNoStream(error) || (error instanceof JetStreamApiError && error.code === NO_MESSAGE);
}

/** @returns undefined when the subject has no message. The stream must allow direct reads. */
export async function lastMessage(
  connection: Connection,
  stream: string,
  subject: string,
): Promise<StoredRecord | undefined> {
  const manager = await jetstreamManager(await connection.get(), connection.jetstreamOptions);
  try {
    const message = await manager.direct.getMessage(stream, { last_by_subj: subject });
    return message === null ? undefined : recordOf(message);
  } catch (error) {
    if (saysNothingThere(error)) return undefined;
    throw error;
  }
}

export function recordOf({ subject, data, header, seq, time }: StoredMsg): StoredRecord {
  const headers = Object.fromEntries(header.keys().map((name) => [name, header.get(name)]));
  return { subject, body: data, headers, seq, storedAt: time };
}
