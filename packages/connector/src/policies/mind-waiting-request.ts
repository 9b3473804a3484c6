/**
 * What waits in the work stream and nobody has begun, has no record yet, and no worker knows it. It is not to be told
 * as failed, because it may be begun right after that (P2). When its deadline is over, the worker has the word again.
 */
import { type BridgeResponse, within } from '@nats-bridge/protocol';
import type { Exchange, Policy, Send } from '../call/exchange.js';
import type { IsWaiting } from '../ledger/is-waiting.js';
import type { Ledger } from '../ledger/ledger.js';
import { isNotKnown, keysInDoubt } from './question-in-doubt.js';

export type MindWaitingRequestWorld = {
  readonly isWaiting: IsWaiting;
  readonly ledger: Pick<Ledger, 'findLatest'>;
};

/** Who asks waits no longer for this than for any look into the streams. */
const LOOK_MS = 500;

export function mindWaitingRequest(world: MindWaitingRequestWorld): Policy {
  return (next) => (exchange) => {
    const keys = exchange.isDurable ? keysInDoubt(exchange) : [];
    return keys.length === 0 ? next(exchange) : ask(exchange, keys, world, next);
  };
}

async function ask(
  exchange: Exchange,
  keys: readonly string[],
  { isWaiting, ledger }: MindWaitingRequestWorld,
  next: Send,
): Promise<BridgeResponse> {
  const answer = await next(exchange);
  if (answer.status !== 'failure' || !isNotKnown(answer)) return answer;
  const { merchant_id } = exchange.data;
  const isAny = (look: (key: string) => Promise<boolean>) =>
    within(
      LOOK_MS,
      Promise.all(keys.map(look)).then((found) => found.includes(true)),
    ).catch(() => undefined);
  const mayBegin = await isAny((key) => isWaiting(merchant_id, key));
  // Where it cannot be looked, the doubt remains (P4).
  if (mayBegin !== false) return { status: 'processing' };
  // What has left the stream since the question began has a record by now.
  const isRecorded = await isAny(async (key) => (await ledger.findLatest(merchant_id, key)) !== undefined);
  if (isRecorded === undefined) return { status: 'processing' };
  return isRecorded ? next(exchange) : answer;
}
