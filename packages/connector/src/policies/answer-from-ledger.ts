/**
 * A question about an operation whose id never reached the caller is answered from the ledger where no worker can
 * answer it (P4). A worker that knows more always comes first, and who asks with the processor's own id has heard of
 * its state before: an older answer must not take the place of what came after.
 */
import {
  BridgeError,
  type BridgeResponse,
  idempotencyKey,
  isOperation,
  keyBeforeReturn,
  type Operation,
  operationInKey,
  outcomeOfReply,
} from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy, Send } from '../call/exchange.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import type { WithdrawUnsent } from '../ledger/withdraw-unsent.js';
import { isNotKnown, keysInDoubt } from './question-in-doubt.js';

export type AnswerFromLedgerWorld = {
  /** The record of a key, or undefined. */
  find(merchantId: string, key: string): Promise<LedgerEntry | undefined>;
  /** How the operation of a key was to be captured, where that was remembered. */
  findCaptureMethod(merchantId: string, key: string): Promise<unknown>;
  /** Ends what was announced and never sent. */
  readonly withdrawUnsent: WithdrawUnsent;
};

/** What may have come after: then only a worker knows how the payment stands. */
const LATER: readonly Operation[] = ['capture', 'void', 'reverse'];

export function answerFromLedger(world: AnswerFromLedgerWorld): Policy {
  return (next) => (exchange) => {
    const keys = exchange.isDurable ? keysInDoubt(exchange) : [];
    return keys.length === 0 ? next(exchange) : ask(exchange, keys, world, next);
  };
}

async function ask(
  exchange: Exchange,
  keys: readonly string[],
  world: AnswerFromLedgerWorld,
  next: Send,
): Promise<BridgeResponse> {
  const recorded = () => recordedAnswer(exchange, keys, world).catch(() => undefined);
  let answer: BridgeResponse;
  try {
    answer = await next(exchange);
  } catch (thrown) {
    const error = bridgeErrorOf(thrown);
    const isRefused = error.code === 'VALIDATION_ERROR' || error.code === 'CANCELLED';
    const found = isRefused ? undefined : await recorded();
    if (found === undefined) throw error;
    return found;
  }
  if (answer.status !== 'failure') return answer;
  const found = isNotKnown(answer) ? await recorded() : undefined;
  if (found !== undefined) return found;
  return (await mayBeTooEarly(answer, exchange, keys, world)) ? { status: 'processing' } : answer;
}

/**
 * What nobody has answered yet, its processor need not know: that must not be told as a failure. While a worker has
 * it in hand, a failure that names no status of the payment may as well be one of the question. Where it cannot be
 * looked, the doubt remains.
 */
async function mayBeTooEarly(
  answer: BridgeResponse,
  { data }: Exchange,
  keys: readonly string[],
  { find }: AnswerFromLedgerWorld,
): Promise<boolean> {
  const isUnknownId = isNotKnown(answer);
  if (!isUnknownId && (answer.attempt_status ?? answer.refund_status)) return false;
  try {
    for (const key of keys) {
      const record = (await find(data.merchant_id, key))?.record;
      if (record?.state !== 'claimed' && record?.state !== 'sent') continue;
      return isUnknownId || (record.leaseUntil ?? 0) > Date.now();
    }
    return false;
  } catch {
    return true;
  }
}

async function recordedAnswer(
  exchange: Exchange,
  keys: readonly string[],
  world: AnswerFromLedgerWorld,
): Promise<BridgeResponse | undefined> {
  const { merchant_id } = exchange.data;
  for (const key of keys) {
    const entry = await world.find(merchant_id, key);
    if (entry === undefined) continue;
    const { record, answer } = entry;
    const isWithdrawn =
      record.state === 'withdrawn' || (await world.withdrawUnsent(merchant_id, key, record));
    // That nobody heard of a return says nothing of the payment: the customer may have paid where he was.
    if (isWithdrawn) return keyBeforeReturn(key) === undefined ? neverSent() : undefined;
    if (answer === undefined) continue;
    if (exchange.operation === 'sync' && (await hasLaterStep(exchange, answer, world))) return undefined;
    return asAnswerToQuestion(exchange, key, answer, world);
  }
  return undefined;
}

/** Captures that share an attempt differ by more than it says; those that can be named are looked for. */
async function hasLaterStep(
  { data }: Exchange,
  { redirection }: BridgeResponse,
  { find }: AnswerFromLedgerWorld,
): Promise<boolean> {
  // The customer may be back already, under a key that only the return tells.
  if (redirection && !data.request.connector_transaction_id) return true;
  const keys = LATER.map((operation) =>
    idempotencyKey(operation, { ...data, request_id: undefined, request: {} }),
  );
  for (const key of keys)
    if (key !== undefined && (await find(data.merchant_id, key)) !== undefined) return true;
  return false;
}

/** The status as the first operation had it: a question cannot tell an authorization from a capture. */
async function asAnswerToQuestion(
  { data, correlationId, operation: question }: Exchange,
  key: string,
  answer: BridgeResponse,
  world: AnswerFromLedgerWorld,
): Promise<BridgeResponse> {
  const operation = operationInKey(key);
  if (!isOperation(operation)) return answer;
  const capture_method =
    (await world.findCaptureMethod(data.merchant_id, key).catch(() => undefined)) ??
    data.request.capture_method;
  const asked = { ...data, request: { ...data.request, capture_method } };
  const { status } = outcomeOfReply({ operation, data: asked, correlationId }, answer);
  return question === 'sync' ? { ...answer, attempt_status: status } : { ...answer, refund_status: status };
}

function neverSent(): BridgeResponse {
  const { code, message } = new BridgeError('NO_WORKERS_AVAILABLE');
  return { status: 'failure', error: { code, message } };
}
