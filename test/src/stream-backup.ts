/** A stream in memory, and back, for tests that tamper with it. */
import { type Connection, restoreStream, type SavedStream, saveStream } from '@nats-bridge/messaging';

export type StreamBackup = { readonly about: SavedStream; readonly parts: readonly Uint8Array[] };

export async function backUpStream(connection: Connection, stream: string): Promise<StreamBackup> {
  const parts: Uint8Array[] = [];
  const write = async (part: Uint8Array) => parts.push(part);
  const about = await saveStream(connection, stream, { write, withConsumers: true });
  return { about, parts };
}

/** The stream must not be there. */
export async function putBack(connection: Connection, { about, parts }: StreamBackup): Promise<void> {
  await restoreStream(connection, about, () => parts);
}
