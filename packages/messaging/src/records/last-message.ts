/** The last message of a subject, read straight from the stream. */
import type { StoredRecord } from '@nats-bridge/protocol';
import type { StoredMsg } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { saysNothingThere } from '../says-missing.js';

/** @returns undefined when the subject has no message. The stream must allow direct reads. */
export async function lastMessage(
  connection: Connection,
  stream: string,
  subject: string,
): Promise<StoredRecord | undefined> {
  const manager = await managerOf(connection);
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
