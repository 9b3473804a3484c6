/** Back-pressure at the door: beyond a bound, callers hear OVERLOADED at once instead of waiting in a queue. */
import { BridgeError } from '@nats-bridge/protocol';
import { compose, type Policy, type Send } from '../call/exchange.js';

export type InFlight = { count: number };

/** So many refused calls may be minded at once; refusing more than that costs the ledger nothing. */
const MOST_MINDED = 100;

/**
 * @param minding around a refusal, so that a repeat hears what became of the earlier call
 * @throws BridgeError OVERLOADED, before anything is sent
 */
export function limitInFlight(inFlight: InFlight, limit: number, minding: readonly Policy[] = []): Policy {
  const full = `Too many payments in flight (limit ${limit}): send less, add a bridge, or raise max_in_flight`;
  const refuse: Send = async ({ turnedAway = full }) => {
    throw new BridgeError('OVERLOADED', turnedAway);
  };
  const refuseMinding = compose(minding, refuse);
  let minded = 0;

  const turnAway: Send = async (exchange) => {
    if (minded >= MOST_MINDED) return refuse(exchange);
    minded++;
    try {
      return await refuseMinding(exchange);
    } finally {
      minded--;
    }
  };

  return (next) => async (exchange) => {
    if (exchange.turnedAway !== undefined || inFlight.count >= limit) return turnAway(exchange);
    inFlight.count++;
    try {
      return await next(exchange);
    } finally {
      inFlight.count--;
    }
  };
}
