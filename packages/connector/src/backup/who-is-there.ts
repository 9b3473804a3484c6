/** Who is at a server that is to be restored: nobody may be, because each would go on with what it knew before. */
import {
  type AnybodyOptions,
  type Connection,
  createFindSubscriber,
  createPresence,
  PermissionDeniedError,
  saysDenied,
} from '@nats-bridge/messaging';
import { recordSubject } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { presenceQuestions } from '../presence/presence-question.js';

/** Nobody hurries: a server far away has time to answer. */
const ASK_MS = 250;

/**
 * Bridges are seen from nats-server 2.11 on, which traces where a message would go.
 *
 * @throws NotConnectedError; PermissionDeniedError where these credentials may not ask
 */
export async function whoIsThere(
  connection: Connection,
  config: BridgeConfig,
  options?: AnybodyOptions,
): Promise<readonly ('workers' | 'bridges')[]> {
  const questions = presenceQuestions(config);
  await assertMayAsk(connection, questions[0]?.guarded ?? '');
  const presence = createPresence(connection, { stream: config.jetstream.stream_name, timeoutMs: ASK_MS });
  const workers = await presence.isAnybodyThere(questions, options);
  const nats = await connection.get();
  // Every bridge hears what is recorded, and nobody else does; it is only traced where this would go.
  const bridges = await createFindSubscriber(connection, ASK_MS)(nats, recordSubject('any', 'sync:any'));
  return [...(workers ? (['workers'] as const) : []), ...(bridges ? (['bridges'] as const) : [])];
}

/** Presence takes silence for a worker that is too busy to answer; who may not ask hears nothing either. */
async function assertMayAsk(connection: Connection, subject: string): Promise<void> {
  const nats = await connection.get();
  try {
    await nats.request(subject, undefined, { timeout: ASK_MS });
  } catch (error) {
    if (saysDenied(error)) throw new PermissionDeniedError('publish', subject, { cause: error });
  }
}
