/** Rate limits: what is above the rule that counts for a call waits for its turn, or hears RATE_LIMITED. */
import { BridgeError } from '@nats-bridge/protocol';
import { admit, type Exchange, type Policy } from '../call/exchange.js';
import { pause } from '../pacing/pause.js';
import type { RateLimits } from '../rate-limits/rate-limits.js';

/**
 * One token for a call, however often it is tried. It stands below what minds an earlier call of the same key: the
 * repeat of a call that was sent hears what became of that one.
 *
 * @throws BridgeError RATE_LIMITED, or CANCELLED while it waits, before anything is sent
 */
export function limitRate(limits: RateLimits, now = Date.now): Policy {
  if (!limits.hasRules) return (next) => next;
  return admit((exchange) => {
    const { data, operation, deadlineAt } = exchange;
    const call = { merchant: data.merchant_id, operation, connector: data.connector };
    const verdict = limits.take(call, deadlineAt - now());
    if (verdict.verdict === 'turn_away') throw new BridgeError('RATE_LIMITED', verdict.message);
    return verdict.waitMs === 0 ? exchange : afterItsTurn(exchange, verdict.waitMs);
  });
}

async function afterItsTurn(exchange: Exchange, waitMs: number): Promise<Exchange> {
  const { signal } = exchange;
  await pause(waitMs, signal);
  if (signal?.aborted)
    throw new BridgeError('CANCELLED', undefined, { cause: signal.reason, phase: 'before_send' });
  return exchange;
}
