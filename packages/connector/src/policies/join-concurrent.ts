/** Calls with the same idempotency key that overlap share one exchange and one answer (P3). */
import { type BridgeResponse, fingerprintOf, PassingMap } from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy } from '../call/exchange.js';
import { type OnLeave, SharedCall } from '../call/shared-call.js';
import type { LateAnswers } from '../late-answers/late-answers.js';
import { conflict } from '../ledger/outcome-of-entry.js';
import { type SettleDoubtWorld, settleLater } from './settle-doubt.js';

export type JoinConcurrentWorld = SettleDoubtWorld & Pick<LateAnswers, 'remember'>;

/** @throws ValidationError when the same key comes with another content. */
export function joinConcurrent(world: JoinConcurrentWorld): Policy {
  const running = new PassingMap<string, SharedCall>();

  /** He hears "unknown": if it turns out that nothing was sent, the ledger has to say so (P1). */
  const onLeave: OnLeave = async (exchange, error, answer) => {
    const { key, isDurable } = exchange;
    if (key === undefined || !isDurable) return;
    answer.catch((thrown: unknown) => {
      if (bridgeErrorOf(thrown).phase === 'before_send') settleLater(exchange, key, error, world);
    });
    await world.remember(exchange);
  };

  return (next) => (exchange) => {
    if (exchange.key === undefined) return next(exchange);
    const id = `${exchange.data.merchant_id}\n${exchange.key}`;
    const first = running.get(id);
    if (first !== undefined) return join(first, exchange, exchange.key);
    const call = new SharedCall(exchange, next, onLeave);
    running.set(id, call);
    const end = () => running.delete(id);
    call.answer.then(end, end);
    return call.begin();
  };
}

async function join(call: SharedCall, exchange: Exchange, key: string): Promise<BridgeResponse> {
  if (fingerprintOf(call.first.data) !== fingerprintOf(exchange.data)) throw conflict(key);
  return call.join(exchange);
}
