/** Records the outcome that a person found out, in the place of the answer that never came. */
import { type BridgeResponse, isoTime, type OperationRecord, ValidationError } from '@nats-bridge/protocol';
import { encodeAnswer } from '../ledger/answer.js';
import type { Ledger } from '../ledger/ledger.js';
import type { DeadLetter } from './dead-letter.js';
import type { PreparedAction, Settled } from './letter-action.js';
import { letterName } from './letter-name.js';
import { entryOf } from './verdict-now.js';

/**
 * @param tellCaller leaves the note by which its caller is told: he may have heard "pending" where nobody could leave
 *   one, or so long ago that it has expired
 * @throws ValidationError when it has an answer, somebody is at work on it, or nobody could find its outcome
 */
export async function prepareResolve(
  ledger: Pick<Ledger, 'findLatest' | 'write'>,
  letter: DeadLetter,
  settled: Settled,
  tellCaller: () => Promise<void>,
): Promise<PreparedAction> {
  const { merchantId, idempotencyKey, operation, paymentId } = letter;
  if (idempotencyKey === '')
    throw new ValidationError(
      `letter ${letterName(letter)} has no idempotency key: nobody could find its outcome`,
    );
  const entry = await entryOf(ledger, letter);
  if (entry?.answer !== undefined)
    throw new ValidationError(`${idempotencyKey} has an answer already; a sync gives it: discard the letter`);
  if (entry?.isUnavailable)
    throw new ValidationError(
      `${idempotencyKey} has an answer already, which could not be fetched just now: try again`,
    );
  assertNotInHand(entry?.record, idempotencyKey);
  const record = {
    ...entry?.record,
    state: 'answered',
    operation,
    paymentId,
    retry: letter.retry,
    leaseUntil: undefined,
  } as const;
  return {
    name: 'resolve',
    details: { status: settled.status, transaction: settled.transactionId },
    async effect({ who }) {
      await tellCaller();
      const seq = entry?.record.seq ?? 0;
      const by = `operator ${who}`;
      await ledger.write(merchantId, idempotencyKey, { ...record, by }, seq, encodeAnswer(answerOf(settled)));
    },
  };
}

/** Its worker holds the claim for as long as it is at work, and records the answer itself. */
function assertNotInHand(record: OperationRecord | undefined, key: string): void {
  if (record?.state !== 'claimed' || (record.leaseUntil ?? 0) <= Date.now()) return;
  const { by = 'a worker', leaseUntil = 0 } = record;
  throw new ValidationError(
    `${key} is in the hand of ${by} until ${isoTime(leaseUntil)}, longer while it is at work: its answer may still come; look again then`,
  );
}

function answerOf({ status, transactionId, code, message }: Settled): BridgeResponse {
  const failed = status === 'failure';
  return {
    status,
    ...(transactionId !== undefined && { transaction_id: transactionId }),
    ...(failed && {
      error: {
        code: code ?? 'RESOLVED_AS_FAILED',
        message: message ?? 'Found by a person not to have happened',
      },
    }),
  };
}
