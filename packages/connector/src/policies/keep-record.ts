/**
 * Keeps the record for workers that keep none (the specification's own, and plain subscribers): announced before it is
 * sent, so that a repeat is not sent again, and answered when the reply comes.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { RecordChangedError } from '@nats-bridge/messaging';
import { BridgeError, type BridgeResponse, within } from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy } from '../call/exchange.js';
import { encodeAnswer } from '../ledger/answer.js';
import { announcementOf } from '../ledger/bridge-records.js';
import type { Ledger } from '../ledger/ledger.js';
import { outcomeOfEntry } from '../ledger/outcome-of-entry.js';
import { type RecordAnswerWorld, recordAnswer } from '../ledger/record-answer.js';
import type { WithdrawUnsent } from '../ledger/withdraw-unsent.js';

export type KeepRecordWorld = {
  readonly ledger: Pick<Ledger, 'findLatest' | 'write'>;
  /** Names this bridge in the records. */
  readonly bridge: string;
  /** What became of it could not be recorded. */
  onUnrecorded(error: unknown, exchange: Exchange): void;
  /** Ends what was announced and never sent. */
  readonly withdrawUnsent: WithdrawUnsent;
  /** No more is to be tried once this says so. */
  isClosing?(): boolean;
  sleep?(ms: number): Promise<unknown>;
};

const LOOK_AGAIN_MS = 200;
/** Where the way is broken, a write may take a while: nobody is kept waiting any longer for it. */
const WITHDRAW_MS = 500;

export function keepRecord(world: KeepRecordWorld): Policy {
  return (next) => (exchange) => {
    const { key } = exchange;
    if (!exchange.isDurable || key === undefined) return next(exchange);
    const send = exchange.workers === 'guarded' ? sendToGuarded : sendRecorded;
    return send(exchange, key, world, next);
  };
}

/** They keep the record themselves, but for one without that has come since they were asked. */
async function sendToGuarded(
  exchange: Exchange,
  key: string,
  world: KeepRecordWorld,
  next: (exchange: Exchange) => Promise<BridgeResponse>,
): Promise<BridgeResponse> {
  const answer = await next(exchange);
  if (!exchange.marks.isUnrecorded) return answer;
  const request = announcementOf(exchange, world.bridge, exchange.marks.at);
  const { merchant_id: merchantId } = exchange.data;
  await recordAnswer(
    { merchantId, key, answer: encodeAnswer(answer), request },
    recordingWorld(exchange, world),
  );
  return answer;
}

function recordingWorld(
  exchange: Exchange,
  { ledger, isClosing, sleep, onUnrecorded }: KeepRecordWorld,
): RecordAnswerWorld {
  return { ledger, isClosing, sleep, onUnrecorded: (cause) => onUnrecorded(cause, exchange) };
}

async function sendRecorded(
  exchange: Exchange,
  key: string,
  world: KeepRecordWorld,
  next: (exchange: Exchange) => Promise<BridgeResponse>,
): Promise<BridgeResponse> {
  const { merchant_id } = exchange.data;
  const { ledger, bridge, onUnrecorded, withdrawUnsent } = world;
  const sent = announcementOf(exchange, bridge, Date.now());
  let seq: number;
  try {
    seq = await ledger.write(merchant_id, key, sent, 0);
  } catch (error) {
    if (!(error instanceof RecordChangedError)) throw error;
    return awaitFirst(exchange, key, ledger, withdrawUnsent);
  }
  const answer = await next(exchange).catch(async (thrown: unknown) => {
    const error = bridgeErrorOf(thrown);
    if (error.phase !== 'before_send') throw error;
    const withdrawn = ledger
      .write(merchant_id, key, { ...sent, state: 'withdrawn', reason: error.code }, seq)
      .catch((cause: unknown) => {
        // A worker has withdrawn it, or has begun an earlier request of the key: the ledger is asked which.
        if (cause instanceof RecordChangedError) throw new BridgeError('NATS_TIMEOUT', undefined, { cause });
        onUnrecorded(cause, exchange);
      });
    // Who reads the ledger next is to see it.
    await within(WITHDRAW_MS, withdrawn);
    throw error;
  });
  await recordAnswer(
    {
      merchantId: merchant_id,
      key,
      answer: encodeAnswer(answer),
      request: sent,
      announced: { ...sent, seq },
    },
    recordingWorld(exchange, world),
  );
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
      await withdrawUnsent(exchange.data.merchant_id, key, entry.record).catch(() => {});
    const leftMs = exchange.deadlineAt - Date.now();
    if (leftMs <= 0) throw new BridgeError('NATS_TIMEOUT');
    await sleepFor(Math.min(LOOK_AGAIN_MS, leftMs));
  }
}
