/** For which operations somebody is there, asked as a bridge asks before it sends a request. */
import { type Connection, createPresence, type WorkerPresence } from '@nats-bridge/messaging';
import { aliveSubject, guardedSubject, OPERATIONS, type Operation, subjectFor } from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf } from './config/bridge-config.js';
import { consumerNameOf } from './topology.js';

export type WorkersThere = {
  readonly operation: Operation;
  /** undefined for merchants without one. */
  readonly pool: string | undefined;
  readonly who: WorkerPresence;
  /** That workers of the stream read. */
  readonly consumer: string;
};

/** Nobody hurries: a server far away has time to answer. */
const ASK_MS = 250;
/** A merchant of no pool, whoever that may be: workers subscribe to all of them. */
const ANY_MERCHANT = 'any';

/** Of every operation that travels through the stream, in every pool. @throws NotConnectedError */
export async function findWorkersThere(
  connection: Connection,
  config: BridgeConfig,
): Promise<readonly WorkersThere[]> {
  const presence = createPresence(connection, { stream: config.jetstream.stream_name, timeoutMs: ASK_MS });
  const pools = [undefined, ...Object.keys(config.pools)];
  const asked = pools.flatMap((pool) =>
    OPERATIONS.filter(({ channel }) => channel === 'payments').map(({ operation }) => ({ operation, pool })),
  );
  return Promise.all(
    asked.map(async ({ operation, pool }) => {
      const merchant = (pool !== undefined && config.pools[pool]?.merchants[0]) || ANY_MERCHANT;
      const who = await presence.whoIsThere({
        guarded: guardedSubject(operation, pool),
        alive: aliveSubject(operation, pool),
        subject: subjectFor(subjectTemplateOf(config, operation, pool), merchant),
      });
      return { operation, pool, who, consumer: consumerNameOf(config, operation, pool) };
    }),
  );
}
