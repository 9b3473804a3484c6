/** What a bridge writes of a request whose workers may keep no record: that somebody may have begun it. */
import { fingerprintOf, type NewRecord } from '@nats-bridge/protocol';
import type { Exchange } from '../exchange.js';

/**
 * @param bridge names this bridge in the records
 * @param requestedAt by the clock that the exchange's deadline is of, milliseconds since the epoch
 */
export function announcementOf(exchange: Exchange, bridge: string, requestedAt: number): NewRecord {
  return {
    state: 'sent',
    operation: exchange.operation,
    paymentId: exchange.data.payment_id,
    correlationId: exchange.correlationId,
    fingerprint: fingerprintOf(exchange.data),
    by: bridge,
    retry: 0,
    requestedAt,
    deadlineAt: exchange.deadlineAt,
    isHeard: exchange.workers === 'subscribers',
  };
}
