/** Whether anybody is there is asked before publishing: a publish never reveals it, and a stored request runs later. */
import { BridgeError, within } from '@nats-bridge/protocol';
import { admit, type Exchange, type Policy } from '../call/exchange.js';
import type { WorkersInPool } from '../presence/find-workers.js';

/** In the first pool that has any; `nobody` where none has. */
export type FindWorkers = (exchange: Exchange) => Promise<WorkersInPool>;

/** A server that takes longer to list its consumers keeps nobody waiting: what it says later may be of a time when one is gone. */
const LIST_MS = 500;

/**
 * Which consumers there are is known before anything is sent, too: a worker that is given the request may go at once,
 * and his consumer with him.
 *
 * @throws BridgeError NO_WORKERS_AVAILABLE, before anything is sent
 */
export function requireWorker(findWorkers: FindWorkers): Policy {
  return admit(async (exchange) => {
    const { workers, consumers, pool } = await findWorkers(exchange);
    if (workers === 'nobody') throw new BridgeError('NO_WORKERS_AVAILABLE');
    if (workers === 'guarded') return { ...exchange, pool, workers };
    return { ...exchange, pool, workers, consumers: await within(LIST_MS, consumers) };
  });
}
