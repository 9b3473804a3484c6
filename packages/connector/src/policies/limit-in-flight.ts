/** Back-pressure at the door: beyond a bound, callers hear OVERLOADED at once instead of waiting in a queue. */
import { BridgeError } from '@nats-bridge/protocol';
import type { Policy } from '../exchange.js';

export type InFlight = { count: number };

/** @throws BridgeError OVERLOADED, before anything is sent */
export function limitInFlight(inFlight: InFlight, limit: number): Policy {
  return (next) => async (exchange) => {
    if (inFlight.count >= limit)
      throw new BridgeError(
        'OVERLOADED',
        `Too many payments in flight (limit ${limit}): send less, add a bridge, or raise max_in_flight`,
      );
    inFlight.count++;
    try {
      return await next(exchange);
    } finally {
      inFlight.count--;
    }
  };
}
