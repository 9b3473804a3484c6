/** What a bridge writes of a request into its record: that somebody may have begun it, or that nobody may any more. */
import { fingerprintOf, type NewRecord } from '@nats-bridge/protocol';
import type { Exchange } from '../call/exchange.js';

/**
 * Its workers may keep no record.
 *
 * @param bridge names this bridge in the records
 * @param requestedAt by the clock that the exchange's deadline is of, milliseconds since the epoch
 */
export function announcementOf(exchange: Exchange, bridge: string, requestedAt: number): NewRecord {
  return {
    ...recordOf(exchange, bridge, 'sent'),
    requestedAt,
    deadlineAt: exchange.deadlineAt,
    isHeard: exchange.workers === 'subscribers',
  };
}

export function withdrawalOf(exchange: Exchange, bridge: string, reason: string): NewRecord {
  return { ...recordOf(exchange, bridge, 'withdrawn'), reason };
}

function recordOf(
  { operation, data, correlationId }: Exchange,
  bridge: string,
  state: NewRecord['state'],
): NewRecord {
  return {
    state,
    operation,
    paymentId: data.payment_id,
    correlationId,
    fingerprint: fingerprintOf(data),
    by: bridge,
    retry: 0,
  };
}
