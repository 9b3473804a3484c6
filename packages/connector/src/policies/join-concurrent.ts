/** Calls with the same idempotency key that overlap share one exchange and one answer (P3). */
import { isDeepStrictEqual } from 'node:util';
import { type BridgeResponse, PassingMap } from '@nats-bridge/protocol';
import type { Policy } from '../exchange.js';
import { conflict } from '../ledger/outcome-of-entry.js';

type Running = { readonly request: unknown; readonly answer: Promise<BridgeResponse> };

/** @throws ValidationError when the same key comes with another content. */
export function joinConcurrent(): Policy {
  const running = new PassingMap<string, Running>();
  return (next) => async (exchange) => {
    if (exchange.key === undefined) return next(exchange);
    const id = `${exchange.data.merchant_id}\n${exchange.key}`;
    const first = running.get(id);
    if (first !== undefined) {
      if (isDeepStrictEqual(first.request, exchange.data.request)) return first.answer;
      throw conflict(exchange.key);
    }
    const answer = next(exchange);
    running.set(id, { request: exchange.data.request, answer });
    try {
      return await answer;
    } finally {
      running.delete(id);
    }
  };
}
