/** Which streams a server does not have that a command is to read: it makes none. */
import { type Connection, readStreamFigures } from '@nats-bridge/messaging';

export async function missingStreams(
  connection: Connection,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const there = (await readStreamFigures(connection, wanted)).map(({ name }) => name);
  return wanted.filter((name) => !there.includes(name));
}
