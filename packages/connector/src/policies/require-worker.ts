/** Whether anybody is there is asked before publishing: a publish never reveals it, and a stored request runs later. */
import { BridgeError } from '@nats-bridge/protocol';
import type { Exchange, Policy } from '../exchange.js';

export type IsWorkerPresent = (exchange: Exchange) => Promise<boolean>;

export function requireWorker(isWorkerPresent: IsWorkerPresent): Policy {
  return (next) => async (exchange) => {
    if (!(await isWorkerPresent(exchange))) throw new BridgeError('NO_WORKERS_AVAILABLE');
    return next(exchange);
  };
}
