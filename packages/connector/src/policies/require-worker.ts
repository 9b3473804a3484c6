/** Whether anybody is there is asked before publishing: a publish never reveals it, and a stored request runs later. */
import type { WorkersFound } from '@nats-bridge/messaging';
import { BridgeError } from '@nats-bridge/protocol';
import type { Exchange, Policy } from '../exchange.js';

export type FindWorkers = (exchange: Exchange) => Promise<WorkersFound>;

/** @throws BridgeError NO_WORKERS_AVAILABLE, before anything is sent */
export function requireWorker(findWorkers: FindWorkers): Policy {
  return (next) => async (exchange) => {
    const { workers, consumers } = await findWorkers(exchange);
    if (workers === 'nobody') throw new BridgeError('NO_WORKERS_AVAILABLE');
    return next({ ...exchange, workers, consumers });
  };
}
