/** For which operations somebody is there, asked as a bridge asks before it sends a request. */
import { type Connection, createPresence, type WorkerPresence } from '@nats-bridge/messaging';
import type { BridgeConfig } from '../config/bridge-config.js';
import { consumerNameOf } from '../topology.js';
import { presenceQuestions, type QuestionOfOperation } from './presence-question.js';

export type WorkersThere = Pick<QuestionOfOperation, 'operation' | 'pool'> & {
  readonly who: WorkerPresence;
  /** That workers of the stream read. */
  readonly consumer: string;
};

/** Nobody hurries: a server far away has time to answer. */
const ASK_MS = 250;

/** Of every operation that travels through the stream, in every pool. @throws NotConnectedError */
export async function findWorkersThere(
  connection: Connection,
  config: BridgeConfig,
): Promise<readonly WorkersThere[]> {
  const presence = createPresence(connection, { stream: config.jetstream.stream_name, timeoutMs: ASK_MS });
  return Promise.all(
    presenceQuestions(config).map(async ({ operation, pool, ...question }) => {
      const { workers: who } = await presence.whoIsThere(question);
      return { operation, pool, who, consumer: consumerNameOf(config, operation, pool) };
    }),
  );
}
