/** Of the limits of calls in flight, the one that is reached first. */
import type { NatsBridge } from '@nats-bridge/connector';
import type { InFlight } from '../ucs/answer-call.js';

/** @returns the one with the least room; the first of those with as much */
export function nearestLimit(first: Readonly<InFlight>, ...others: readonly Readonly<InFlight>[]): InFlight {
  const room = ({ count, limit }: Readonly<InFlight>) => limit - count;
  return others.reduce((nearest, other) => (room(other) < room(nearest) ? other : nearest), first);
}

export function connectorLimit({ inFlight, config }: Pick<NatsBridge, 'inFlight' | 'config'>): InFlight {
  return { count: inFlight, limit: config.max_in_flight };
}
