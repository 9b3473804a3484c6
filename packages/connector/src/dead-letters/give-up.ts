/**
 * Gives up an operation that moves money when nobody will answer it any more. What the server gives up it says in a
 * notice; this is for what leaves the work stream before that, or was acknowledged with a reply that nobody can read.
 */
import type { Connection, RecordWriter } from '@nats-bridge/messaging';
import { type DoubtFacts, deadlineIn, decideDoubt, type Operation } from '@nats-bridge/protocol';
import { type BridgeConfig, timeoutOf } from '../config/bridge-config.js';
import { recoveryMsOf } from '../config/retention.js';
import { findRequest, sentBetween } from '../ledger/find-request.js';
import type { Ledger, LedgerEntry } from '../ledger/ledger.js';
import { mayBeSentUntil, type WithdrawUnsent } from '../ledger/withdraw-unsent.js';
import { archiveNameOf } from '../topology.js';
import type { NewDeadLetter } from './dead-letter.js';
import { letterOfOperation } from './letter-of-operation.js';
import { writeLetter } from './write-letter.js';

/** An operation whose record says that somebody may have begun it, and not how it ended. */
export type OpenOperation = {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly operation: Operation;
  /** Of that record in its stream. */
  readonly seq: number;
};

export type GiveUpWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly ledger: Pick<Ledger, 'findLatest'>;
  readonly writer: RecordWriter;
  readonly withdrawUnsent: WithdrawUnsent;
};

export type GivenUp =
  /** Nothing is to be done: it has an outcome, or a letter, or a newer record that is looked at in its turn. */
  | { readonly kind: 'done' }
  /** Somebody may still answer it. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'letter'; readonly letter: NewDeadLetter };

/**
 * @param hasLetter whether a person has the operation on the list already, from before
 * @throws when the streams cannot be read, or the letter is not kept
 */
export async function giveUp(
  { merchantId, idempotencyKey, operation, seq }: OpenOperation,
  hasLetter: (retry: number) => boolean,
  world: GiveUpWorld,
): Promise<GivenUp> {
  const { config, connection, ledger, writer, withdrawUnsent } = world;
  const entry = await ledger.findLatest(merchantId, idempotencyKey);
  const record = entry?.record;
  if (record === undefined || hasLetter(record.retry)) return { kind: 'done' };
  if (record.seq !== seq && record.state !== 'answered') return { kind: 'done' };
  const timeoutMs = timeoutOf(config, operation);
  const from = record.requestedAt ?? record.at - timeoutMs - recoveryMsOf(config);
  // What has been claimed or answered was sent before.
  const until = record.state === 'sent' ? mayBeSentUntil(record, config) : record.at;
  const search = sentBetween(config, merchantId, idempotencyKey, [from, until]);
  const inStream = await findRequest(connection, { ...search, stream: config.jetstream.stream_name });
  // Another bridge may have sent it, with a timeout of its own.
  const deadlineAt = inStream === undefined ? 0 : deadlineIn(inStream.headers);
  const facts = {
    record,
    answer: answerIn(entry),
    isWaiting: inStream !== undefined,
    overAt: Math.max(from + timeoutMs, deadlineAt) + recoveryMsOf(config),
  };
  const decision = decideDoubt(facts, Date.now());
  if (decision.kind === 'wait') return decision;
  if (decision.kind === 'settled') return { kind: 'done' };
  if (await withdrawUnsent(merchantId, idempotencyKey, record)) return { kind: 'done' };
  const ofThisTry = { ...search, retry: record.retry };
  const request =
    inStream ?? (await findRequest(connection, { ...ofThisTry, stream: archiveNameOf(config) }));
  const { retry, paymentId = '' } = record;
  const reason = record.state === 'answered' ? 'unreadable' : 'unanswered';
  const named = { merchantId, idempotencyKey, operation, paymentId, retry };
  const letter = letterOfOperation({ ...named, reason, record, request }, config);
  return (await writeLetter(writer, 'interventions', letter)) ? { kind: 'letter', letter } : { kind: 'done' };
}

function answerIn(entry: LedgerEntry | undefined): DoubtFacts['answer'] {
  if (entry?.answer !== undefined) return 'readable';
  return entry?.isUnavailable ? 'unavailable' : 'unreadable';
}
