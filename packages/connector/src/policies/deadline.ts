/** Nobody waits longer than the configuration allows, and what comes too late is not even sent. */
import { BridgeError, type Operation } from '@nats-bridge/protocol';
import { admit, type Policy } from '../call/exchange.js';

/** @param timeoutOf milliseconds per operation; a caller's own deadline may be nearer */
export function deadline(timeoutOf: (operation: Operation) => number, now = Date.now): Policy {
  return admit((exchange) => {
    const deadlineAt = Math.min(exchange.deadlineAt, now() + timeoutOf(exchange.operation));
    if (deadlineAt <= now())
      throw new BridgeError('NATS_TIMEOUT', 'The deadline had passed before the request was sent', {
        phase: 'before_send',
      });
    return { ...exchange, deadlineAt };
  });
}
