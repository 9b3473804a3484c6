/** What manages the streams and consumers of a connection. */
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { Connection } from './connection.js';

/** Of the JetStream that the connection is configured for; asks nothing yet. @throws NotConnectedError, ConnectionClosedError */
export async function managerOf(connection: Connection): Promise<JetStreamManager> {
  return jetstreamManager(await connection.get(), connection.jetstreamOptions);
}
