/**
 * Runs a handler under the record of its idempotency key (P2, P3): claim, effect, answer. Everything it touches is
 * handed to it, so that the simulator runs the same code on virtual time.
 */
import { backoffMs, RecordChangedError, type StoredRecord, UNTIL_BACK } from '@nats-bridge/messaging';
import {
  bodyOf,
  type GuardedDelivery,
  guardDelivery,
  type Headers,
  type NewRecord,
  type OperationRecord,
  RECORD_HEADER,
  recordHeaders,
} from '@nats-bridge/protocol';
import { type Claim, type ClaimWorld, HeldClaim, newRunName, recordIn } from './held-claim.js';

export type GuardWorld = ClaimWorld & { sleep(ms: number): Promise<void> };

export type GuardedRequest = {
  /** Of its record. */
  readonly subject: string;
  readonly delivery: GuardedDelivery;
  /** What its records say of it. */
  readonly about: Pick<NewRecord, 'operation' | 'paymentId' | 'requestedAt' | 'requestSeq'>;
};

/** As it is to be recorded. */
export type Answer = Pick<StoredRecord, 'body' | 'headers'>;

/**
 * Throws when the handler failed.
 *
 * @param before the record that was claimed; undefined where there was none
 */
export type Run = (claim: Claim, before: OperationRecord | undefined) => Promise<Answer>;

export type GuardedEnding =
  | { readonly kind: 'answered'; readonly attempt: number }
  /** The handler failed, and anybody may try again. */
  | { readonly kind: 'failed'; readonly attempt: number; readonly error: unknown }
  /** It had been answered before, and the answer was said again. */
  | { readonly kind: 'resent' }
  /** Somebody else answered while this worker was at it; that answer stands. */
  | { readonly kind: 'superseded'; readonly attempt: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'expired' }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'conflict' };

/** Others changed the record this often in a row: let them finish. */
const MOST_CHANGES = 5;
const WAIT_MS = 1_000;

/** @throws what the record store throws when nothing was begun, or an answer cannot be stored for half a minute */
export async function runGuarded(
  request: GuardedRequest,
  world: GuardWorld,
  run: Run,
): Promise<GuardedEnding> {
  const { subject, delivery } = request;
  // Of what was delivered before somebody may have begun: its record is read before anything is written.
  let stored = delivery.isRedelivered ? await world.records.read(subject) : undefined;
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const record = stored && recordIn(stored);
    const decision = guardDelivery(record, delivery, world.now());
    try {
      switch (decision.kind) {
        case 'claim':
          return await executeClaimed(request, world, run, decision, record);
        case 'expire': {
          const withdrawn = recordHeaders({ ...newRecord(request, 'withdrawn'), reason: 'expired' });
          await world.records.write(subject, bodyOf('withdrawn'), withdrawn, decision.expectedSeq);
          return { kind: 'expired' };
        }
        case 'resend':
          if (stored !== undefined) await resend(stored, request, world);
          return { kind: 'resent' };
        case 'wait':
          return decision;
        case 'drop':
          return { kind: 'dropped' };
        case 'conflict':
          return { kind: 'conflict' };
      }
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error;
      stored = await world.records.read(subject);
    }
  }
  return { kind: 'wait', ms: WAIT_MS };
}

/** @throws RecordChangedError when another took it first */
async function executeClaimed(
  request: GuardedRequest,
  world: GuardWorld,
  run: Run,
  { attempt, expectedSeq }: { readonly attempt: number; readonly expectedSeq: number },
  before: OperationRecord | undefined,
): Promise<GuardedEnding> {
  // What is new stands before a spread: behind it, each costs V8 a microsecond (measured).
  const record = {
    attempt,
    run: newRunName(),
    claimedAt: before?.claimedAt ?? world.now(),
    leaseUntil: undefined,
    reason: undefined,
    ...newRecord(request, 'claimed'),
  };
  const claim = await HeldClaim.take(request.subject, record, expectedSeq, world);
  if (claim.isOver) return { kind: 'wait', ms: WAIT_MS };
  let answer: Answer;
  try {
    answer = await run(claim, before);
  } catch (error) {
    await claim.giveBack(nameOf(error));
    return { kind: 'failed', attempt, error };
  }
  const seq = await claim.end();
  const headers = Object.assign(recordHeaders({ ...record, state: 'answered' }), answer.headers);
  const stands = await recordAnswer(request, world, { body: answer.body, headers }, seq);
  return { kind: stands ? 'answered' : 'superseded', attempt };
}

/** The effect has happened: its answer is written, whatever stands there but another answer. @returns whether it is ours that stands */
async function recordAnswer(
  { subject }: GuardedRequest,
  { records, sleep }: GuardWorld,
  { body, headers }: Answer,
  claimSeq: number,
): Promise<boolean> {
  let expectedSeq = claimSeq;
  for (let attempt = 0; ; attempt++) {
    try {
      await records.write(subject, body, headers, expectedSeq);
      return true;
    } catch (error) {
      if (attempt + 1 >= UNTIL_BACK.tries) throw error;
      if (!(error instanceof RecordChangedError)) {
        await sleep(backoffMs(attempt, UNTIL_BACK));
        continue;
      }
    }
    const stored = await records.read(subject).catch(() => undefined);
    if (stored === undefined) continue;
    const record = recordIn(stored);
    // Of this run: written by an earlier try of this loop, whose confirmation was lost.
    if (record.state === 'answered') return stored.headers[RECORD_HEADER.run] === headers[RECORD_HEADER.run];
    // Another write is under way, and not there yet.
    if (record.seq === expectedSeq) await sleep(backoffMs(attempt, UNTIL_BACK));
    expectedSeq = record.seq;
  }
}

/** The waiting bridge knows an answer by its correlation id; the rest is as it was first written. */
async function resend(stored: StoredRecord, { subject, delivery }: GuardedRequest, { records }: GuardWorld) {
  const headers = {
    ...stored.headers,
    ...recordHeaders({ ...recordIn(stored), correlationId: delivery.correlationId }),
  };
  await records.write(subject, stored.body, withoutServerHeaders(headers), stored.seq);
}

function withoutServerHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('Nats-')));
}

function newRecord<State extends NewRecord['state']>({ delivery, about }: GuardedRequest, state: State) {
  const { correlationId, fingerprint, worker, retry } = delivery;
  return { state, correlationId, fingerprint, by: worker, retry, ...about };
}

/** The kind of an error only: its message may hold what no record may. */
function nameOf(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return [name, code].filter((part) => typeof part === 'string' && part !== '').join(' ') || 'unknown error';
}
