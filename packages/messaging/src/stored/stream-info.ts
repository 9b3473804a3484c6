/** What the server says of a stream: its configuration and its state. */
import type { StreamInfo } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { saysNoStream } from '../says-missing.js';

/** @returns undefined where there is no such stream @throws when the server does not answer, or refuses */
export async function streamInfo(connection: Connection, stream: string): Promise<StreamInfo | undefined> {
  const { streams } = await managerOf(connection);
  try {
    return await streams.info(stream);
  } catch (error) {
    if (saysNoStream(error)) return undefined;
    throw error;
  }
}
