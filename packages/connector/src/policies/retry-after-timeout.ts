/**
 * A single retry after a timeout (specification), within the caller's time: half of it for the first try. The same
 * message id goes out again, so the stream keeps one request; what the second try finds is an answer that was lost
 * on its way back.
 */
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy } from '../call/exchange.js';
import type { RepeatUntil } from '../call/repeat-until.js';
import type { OnRetry } from './retry.js';

/** @param repeatUntil a call that may wait longer than this has one try: the stream could take the second for another */
export function retryAfterTimeout(
  repeatUntil: RepeatUntil,
  now = Date.now,
  onRetry: OnRetry = () => {},
): Policy {
  return (next) => async (exchange) => {
    if (isHeard(exchange) || exchange.deadlineAt > repeatUntil(exchange)) return next(exchange);
    const waitUntil = now() + Math.floor((exchange.deadlineAt - now()) / 2);
    try {
      return await next({ ...exchange, waitUntil });
    } catch (thrown) {
      const doubt = bridgeErrorOf(thrown);
      const isInDoubt = doubt.code === 'NATS_TIMEOUT' && doubt.phase === 'sent_unknown';
      if (!isInDoubt || now() >= exchange.deadlineAt) throw doubt;
      onRetry(exchange, doubt.code);
      return next(exchange).catch((again: unknown) => {
        // That the second try was not sent says nothing of the first.
        const error = bridgeErrorOf(again);
        throw error.phase === 'before_send' ? doubt : error;
      });
    }
  };
}

/** Who hears messages as they pass, with or without a stream, hears a repeat too: only a question may be asked twice. */
function isHeard({ isDurable, workers, row }: Exchange): boolean {
  return row.movesMoney && (!isDurable || workers === 'subscribers');
}
