/**
 * Keeps the record for workers that keep none (the specification's own, and plain subscribers): announced before it is
 * sent, so that a repeat is not sent again, and answered when the reply comes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RecordChangedError } from '@nats-bridge/messaging';
import { BridgeError, type BridgeResponse, fingerprintOf, type NewRecord } from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../bridge-error-of.js';
import type { Exchange, Policy } from '../exchange.js';
import { encodeAnswer } from '../ledger/answer.js';
import type { Ledger } from '../ledger/ledger.js';
import { outcomeOfEntry } from '../ledger/outcome-of-entry.js';
import type { WithdrawUnsent } from '../ledger/withdraw-unsent.js';

export type KeepRecordWorld = {
  readonly ledger: Pick<Ledger, 'findLatest' | 'write'>;
  /** Names this bridge in the records. */
  readonly bridge: string;
  /** What became of it could not be recorded. */
  onUnrecorded(error: unknown, exchange: Exchange): void;
  /** Ends what was announced and never sent. */
  readonly withdrawUnsent: WithdrawUnsent;
};

const LOOK_AGAIN_MS = 200;

export function keepRecord(world: KeepRecordWorld): Policy {
  return (next) => (exchange) =>
    exchange.workers === 'guarded' || !exchange.isDurable || exchange.key === undefined
      ? next(exchange)
      : sendRecorded(exchange, exchange.key, world, next);
}

async function sendRecorded(
  exchange: Exchange,
  key: string,
  { ledger, bridge, onUnrecorded, withdrawUnsent }: KeepRecordWorld,
  next: (exchange: Exchange) => Promise<BridgeResponse>,
): Promise<BridgeResponse> {
  const { merchant_id } = exchange.data;
  const sent: NewRecord = {
    state: 'sent',
    operation: exchange.operation,
    paymentId: exchange.data.payment_id,
    correlationId: exchange.correlationId,
    fingerprint: fingerprintOf(exchange.data),
    by: bridge,
    retry: 0,
    requestedAt: Date.now(),
  };
  let seq: number;
  try {
    seq = await ledger.write(merchant_id, key, sent, 0);
  } catch (error) {
    if (!(error instanceof RecordChangedError)) throw error;
    return awaitFirst(exchange, key, ledger, withdrawUnsent);
  }
  const answer = await next(exchange).catch((thrown: unknown) => {
    const error = bridgeErrorOf(thrown);
    if (error.phase === 'before_send')
      // Nobody is kept waiting for it: where the way is broken, it may take a while.
      void ledger
        .write(merchant_id, key, { ...sent, state: 'withdrawn', reason: error.code }, seq)
        .catch((cause: unknown) => onUnrecorded(cause, exchange));
    throw error;
  });
  await ledger
    .write(merchant_id, key, { ...sent, state: 'answered' }, seq, encodeAnswer(answer))
    // A worker that publishes its answer to X-Reply-To has recorded it.
    .catch((error: unknown) => error instanceof RecordChangedError || onUnrecorded(error, exchange));
  return answer;
}

/** It was sent before: whoever runs it cannot tell a repeat, so only its answer is waited for. */
async function awaitFirst(
  exchange: Exchange,
  key: string,
  ledger: Pick<Ledger, 'findLatest'>,
  withdrawUnsent: WithdrawUnsent,
): Promise<BridgeResponse> {
  for (let isFirst = true; ; isFirst = false) {
    // A ledger that cannot be read just now is read again: that the key was sent is known.
    const entry = await ledger.findLatest(exchange.data.merchant_id, key).catch(() => undefined);
    const answer = entry && outcomeOfEntry(entry, exchange);
    if (answer !== undefined) return answer;
    // Then the entry says so, the next time it is read.
    if (isFirst && entry !== undefined)
      await withdrawUnsent(exchange.data.merchant_id, key, entry.record).catch(() => false);
    const leftMs = exchange.deadlineAt - Date.now();
    if (leftMs <= 0) throw new BridgeError('NATS_TIMEOUT');
    await sleep(Math.min(LOOK_AGAIN_MS, leftMs));
  }
}
