/** What certainly did not reach anybody is sent again, with growing pauses, as long as the caller waits. */
import { backoffMs, type CancelSignal } from '@nats-bridge/messaging';
import { BridgeError, type BridgeErrorCode } from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy } from '../call/exchange.js';
import { pause } from '../pacing/pause.js';

/** Failures of the way, which may be gone in a second; all before anything was stored. */
const PASSING = new Set<BridgeErrorCode>(['NATS_UNREACHABLE', 'STORE_REFUSED']);
/** 1, 2, 4, 8 … at most 30 s (specification), with jitter. */
const BACKOFF = { initialMs: 1_000, maxMs: 30_000 };

export type RetryWorld = {
  now(): number;
  /** Ends early when the signal fires. */
  sleep(ms: number, signal: CancelSignal | undefined): Promise<void>;
};

const REAL: RetryWorld = {
  now: Date.now,
  sleep: pause,
};

/** Told before each further try of a call: why the one before it failed. */
export type OnRetry = (exchange: Exchange, code: BridgeErrorCode) => void;

/**
 * A try of which nothing was sent may go on to the deadline: there is nothing yet to ask for a second time.
 *
 * @param maxRetries attempts after the first; all carry the same Nats-Msg-Id, so the stream keeps one of them
 */
export function retry(maxRetries: number, world: RetryWorld = REAL, onRetry: OnRetry = () => {}): Policy {
  return (next) => async (first) => {
    let exchange = first;
    for (let attempt = 0; ; attempt++) {
      try {
        return await next(exchange);
      } catch (thrown) {
        const error = bridgeErrorOf(thrown);
        const pauseMs = backoffMs(attempt, BACKOFF);
        const isPassing = error.phase === 'before_send' && PASSING.has(error.code);
        if (!isPassing || attempt >= maxRetries || world.now() + pauseMs >= exchange.deadlineAt) throw error;
        const { signal } = exchange;
        await world.sleep(pauseMs, signal);
        if (signal?.aborted)
          throw new BridgeError('CANCELLED', undefined, { phase: 'before_send', cause: signal.reason });
        if (world.now() >= (exchange.waitUntil ?? Number.POSITIVE_INFINITY))
          exchange = { ...exchange, waitUntil: undefined };
        onRetry(exchange, error.code);
      }
    }
  };
}
