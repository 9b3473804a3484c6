/** Who is at a server that is to be restored: nobody may be, because each would go on with what it knew before. */
import { type Connection, createFindSubscriber, createPresence } from '@nats-bridge/messaging';
import { recordSubject } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { presenceQuestions } from '../presence-question.js';

/** Nobody hurries: a server far away has time to answer. */
const ASK_MS = 250;

/** Bridges are seen from nats-server 2.11 on, which traces where a message would go. @throws NotConnectedError */
export async function whoIsThere(
  connection: Connection,
  config: BridgeConfig,
): Promise<readonly ('workers' | 'bridges')[]> {
  const presence = createPresence(connection, { stream: config.jetstream.stream_name, timeoutMs: ASK_MS });
  const workers = await presence.isAnybodyThere(presenceQuestions(config));
  const nats = await connection.get();
  // Every bridge hears what is recorded, and nobody else does; it is only traced where this would go.
  const bridges = await createFindSubscriber(connection, ASK_MS)(nats, recordSubject('any', 'sync:any'));
  return [...(workers ? (['workers'] as const) : []), ...(bridges ? (['bridges'] as const) : [])];
}
