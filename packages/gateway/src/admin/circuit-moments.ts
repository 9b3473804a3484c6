/** How the circuits stood while a payment was under way: at the begin of each call, and as they changed. Pure. */
import { isoTime } from '@nats-bridge/protocol';
import type { CircuitHistory, CircuitState } from '../seen/circuit-history.js';
import type { SeenCall } from '../seen/seen-calls.js';
import type { Payment } from './schema/payments.js';

type Moment = Payment['timeline'][number];

/** @param until the last moment of the payment, in milliseconds since the epoch */
export function circuitMoments(
  calls: readonly SeenCall[],
  circuits: Pick<CircuitHistory, 'stateAt' | 'changes'>,
  until: number,
): Moment[] {
  const moments: Moment[] = [];
  const followed = new Set<string>();
  for (const call of calls) {
    const { operation, connector, endedAt, marks } = call;
    const { at } = marks;
    const momentOf = (when: number, state: CircuitState): Moment => ({
      at: isoTime(when),
      kind: 'circuit',
      operation,
      idempotency_key: '',
      source: null,
      circuit: state,
      connector,
    });
    const state = circuits.stateAt(call, at);
    if (state !== undefined) moments.push(momentOf(at, state));
    // Of calls of one route each change once.
    const route = `${operation}\n${connector}`;
    if (followed.has(route)) continue;
    followed.add(route);
    // What a call itself did to its circuit is known a moment after it ended.
    const end = Math.max(until, at + endedAt - marks.begunAt) + 1;
    for (const change of circuits.changes(call, at, end)) moments.push(momentOf(change.at, change.state));
  }
  return moments;
}
