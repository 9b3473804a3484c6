/** Looks up the message that a duplicate joined: its answer is the duplicate's answer too. */
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';

/** The correlation id in a stored message's header; undefined when it has none or is gone. */
export async function findFirstCorrelationId(
  connection: Connection,
  stored: { readonly stream: string; readonly seq: number },
  correlationHeader: string,
): Promise<string | undefined> {
  const manager = await managerOf(connection);
  const message = await manager.streams.getMessage(stored.stream, { seq: stored.seq });
  return message?.header.get(correlationHeader) || undefined;
}
