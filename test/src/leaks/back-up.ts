/** Backs every stream of a server up, and not only what a backup of the bridge holds. */
import { type Connection, saveStream, unpackS2 } from '@nats-bridge/messaging';
import { jetstreamManager } from '@nats-io/jetstream';

/** @returns what stands in the files, as they are and unpacked, by stream */
export async function backUp(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const manager = await jetstreamManager(await connection.get());
  const found = new Map<string, string>();
  for await (const { config } of manager.streams.list()) {
    const parts: Uint8Array[] = [];
    const write = async (part: Uint8Array) => parts.push(part);
    await saveStream(connection, config.name, { write, withConsumers: true });
    const bytes = Buffer.concat(parts);
    found.set(config.name, `${bytes.toString('latin1')}\n${unpackS2(bytes).toString('latin1')}`);
  }
  return found;
}
