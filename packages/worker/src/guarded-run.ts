/**
 * Runs a handler under the record of its idempotency key (P2, P3): claim, effect, answer. Everything it touches is
 * handed to it, so that the simulator runs the same code on virtual time.
 */
import { randomUUID } from 'node:crypto';
import {
  backoffMs,
  RecordChangedError,
  type RecordStore,
  type StoredRecord,
  UNTIL_BACK,
} from '@nats-bridge/messaging';
import {
  bodyOf,
  type GuardedDelivery,
  guardDelivery,
  type NewRecord,
  type OperationRecord,
  parseRecord,
  RECORD_HEADER,
  recordHeaders,
} from '@nats-bridge/protocol';
import type { EncodedReply } from './reply.js';

export type GuardWorld = {
  readonly records: RecordStore;
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** How long a claim holds unless it is renewed. */
  readonly leaseMs: number;
};

export type GuardedRequest = {
  /** Of its record. */
  readonly subject: string;
  readonly delivery: GuardedDelivery;
  /** Then somebody may have begun: the record is read before anything is written. */
  readonly isRedelivered: boolean;
  /** What its records say of it. */
  readonly about: Pick<NewRecord, 'operation' | 'paymentId' | 'requestedAt' | 'requestSeq'>;
};

/** The right to run, until the lease is over. */
export type Claim = {
  readonly attempt: number;
  /** Extends the lease; aborts `lost` when another has taken over. */
  renew(): Promise<void>;
  /** Aborts when another has taken over, or may have: the lease was over before it could be renewed. */
  lost(): AbortSignal;
};

/** The answer to be recorded; throws when the handler failed. */
export type Run = (claim: Claim) => Promise<EncodedReply>;

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
/** Of this process, and then counted: its runs are named so that no other has the name of one. */
const PROCESS = randomUUID().slice(0, 8);
let runs = 0;
const OVER = new Error('the lease is over: another worker may have taken over');

/** @throws what the record store throws when nothing was begun, or an answer cannot be stored for half a minute */
export async function runGuarded(
  request: GuardedRequest,
  world: GuardWorld,
  run: Run,
): Promise<GuardedEnding> {
  const { subject, delivery } = request;
  let stored = request.isRedelivered ? await world.records.read(subject) : undefined;
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
  const { records } = world;
  const { subject } = request;
  // What is new stands before a spread: behind it, each costs V8 a microsecond (measured).
  const claimed: NewRecord = {
    attempt,
    run: `${PROCESS}-${++runs}`,
    claimedAt: before?.claimedAt ?? world.now(),
    leaseUntil: undefined,
    reason: undefined,
    ...newRecord(request, 'claimed'),
  };
  const write = (leaseUntil: number, seq: number, reason?: string) =>
    records.write(subject, bodyOf('claimed'), recordHeaders({ ...claimed, leaseUntil, reason }), seq);
  const isOfThisRun = ({ state, run }: OperationRecord) => state === 'claimed' && run === claimed.run;

  async function writeFirst(leaseUntil: number): Promise<number> {
    try {
      return await write(leaseUntil, expectedSeq);
    } catch (error) {
      if (error instanceof RecordChangedError) throw error;
      // It may be stored, and only its confirmation lost: then nobody else begins while this claim holds.
      const stored = await records.read(subject).catch(() => undefined);
      const record = stored && recordIn(stored);
      if (record === undefined || !isOfThisRun(record)) throw error;
      return record.seq;
    }
  }

  async function rewrite(leaseUntil: number, reason?: string): Promise<void> {
    try {
      seq = await write(leaseUntil, seq, reason);
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error;
      const stored = await records.read(subject);
      const record = stored && recordIn(stored);
      if (record === undefined || !isOfThisRun(record)) throw error;
      // Written by an earlier renewal, whose confirmation was lost.
      seq = await write(leaseUntil, record.seq, reason);
    }
  }

  let leasedAt = world.now();
  let seq = await writeFirst(leasedAt + world.leaseMs);
  let renewing = Promise.resolve();
  let isRunning = true;
  let lost: AbortController | undefined;
  let lostTo: RecordChangedError | undefined;
  const isOver = () => world.now() >= leasedAt + world.leaseMs;
  // This process stood still, or the way was slow: another may have taken over by now.
  if (isOver()) return { kind: 'wait', ms: WAIT_MS };
  const renew = async () => {
    const now = world.now();
    // Beats come for all that is in hand at once; what was claimed just before needs none.
    if (!isRunning || now - leasedAt < world.leaseMs / 4) return;
    // A process that stood still learns it here, before anything else goes on.
    if (isOver() && lost !== undefined) return lost.abort(OVER);
    try {
      await rewrite(now + world.leaseMs);
      leasedAt = now;
    } catch (error) {
      if (error instanceof RecordChangedError) {
        lostTo = error;
        lost?.abort(error);
      }
      // Anything else: the lease still holds for a while, and the next beat tries again.
    }
  };
  const claim: Claim = {
    attempt,
    lost() {
      lost ??= new AbortController();
      // Who looks for the first time after it happened sees it, too.
      if (lostTo !== undefined || isOver()) lost.abort(lostTo ?? OVER);
      return lost.signal;
    },
    renew() {
      renewing = renewing.then(renew);
      return renewing;
    },
  };

  let reply: EncodedReply;
  try {
    reply = await run(claim);
  } catch (error) {
    isRunning = false;
    await renewing;
    // Anybody may have it at once. When this fails, the lease runs out instead.
    await rewrite(world.now(), nameOf(error)).catch(() => {});
    return { kind: 'failed', attempt, error };
  }
  isRunning = false;
  await renewing;
  const headers = Object.assign(recordHeaders({ ...claimed, state: 'answered' }), reply.headers);
  const stands = await recordAnswer(request, world, { body: reply.body, headers }, seq);
  return { kind: stands ? 'answered' : 'superseded', attempt };
}

/** The effect has happened: its answer is written, whatever stands there but another answer. @returns whether it is ours that stands */
async function recordAnswer(
  { subject }: GuardedRequest,
  { records, sleep }: GuardWorld,
  { body, headers }: EncodedReply,
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

function withoutServerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('Nats-')));
}

function newRecord({ delivery, about }: GuardedRequest, state: NewRecord['state']): NewRecord {
  const { correlationId, fingerprint, worker, retry } = delivery;
  return { state, correlationId, fingerprint, by: worker, retry, ...about };
}

function recordIn({ headers, seq, storedAt }: StoredRecord): OperationRecord {
  return parseRecord(headers, seq, storedAt.getTime());
}

/** The kind of an error only: its message may hold what no record may. */
function nameOf(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return [name, code].filter((part) => typeof part === 'string' && part !== '').join(' ') || 'unknown error';
}
