/** Whether anybody is there is asked before publishing: a publish never reveals it, and a stored request runs later. */
import { BridgeError } from '@nats-bridge/protocol';
import { admit, type Exchange, type Policy } from '../call/exchange.js';
import type { WorkersInPool } from '../presence/find-workers.js';

/** In the first pool that has any; `nobody` where none has. */
export type FindWorkers = (exchange: Exchange) => Promise<WorkersInPool>;

/** @throws BridgeError NO_WORKERS_AVAILABLE, before anything is sent */
export function requireWorker(findWorkers: FindWorkers): Policy {
  return admit(async (exchange) => {
    const { workers, consumers, pool } = await findWorkers(exchange);
    if (workers === 'nobody') throw new BridgeError('NO_WORKERS_AVAILABLE');
    return { ...exchange, pool, workers, consumers };
  });
}
