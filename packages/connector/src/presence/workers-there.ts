/** For which operations somebody is there, asked as a bridge asks before it sends a request. */
import { type Connection, createPresence, type WorkerPresence } from '@nats-bridge/messaging';
import type { Operation } from '@nats-bridge/protocol';
import { poolsOfMerchant } from '../call/route.js';
import type { BridgeConfig } from '../config/bridge-config.js';
import { consumerNameOf } from '../topology.js';
import { presenceQuestion, presenceQuestions, type QuestionOfOperation } from './presence-question.js';

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

/**
 * Whether anybody takes a request that was sent before, on the subject that it had then. A subject that this
 * configuration does not have is not asked about: true.
 *
 * @throws NotConnectedError
 */
export async function isAnybodyThereFor(
  connection: Connection,
  config: BridgeConfig,
  { operation, merchantId, subject }: Sent,
): Promise<boolean> {
  const question = poolsOfMerchant(config, merchantId)
    .map((pool) => presenceQuestion(config, operation, pool, merchantId))
    .find((one) => one.subject === subject);
  if (question === undefined) return true;
  const presence = createPresence(connection, { stream: config.jetstream.stream_name, timeoutMs: ASK_MS });
  return (await presence.whoIsThere(question)).workers !== 'nobody';
}

type Sent = {
  readonly operation: Operation;
  readonly merchantId: string;
  readonly subject: string;
};
