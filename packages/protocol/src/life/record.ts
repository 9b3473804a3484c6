/** The record of one idempotency key: one subject, whose last message says how far the operation has come. */
import { encodeHeaderValue, HEADER, type Headers, headerText, retryIn } from '../message/headers.js';

/**
 * `sent`: the bridge wrote it before it published, because the workers there keep no record of their own.
 * `claimed`: a worker took it and may have begun. `answered`: the body is the reply. `withdrawn`: nobody had begun,
 * and nobody may any more.
 */
export type RecordState = 'sent' | 'claimed' | 'answered' | 'withdrawn';

export type OperationRecord = {
  readonly state: RecordState;
  /** Of the record in its stream; what a change of it is conditional on. */
  readonly seq: number;
  /** When this state was written, in milliseconds since the epoch, by the server's clock. */
  readonly at: number;
  readonly operation?: string;
  readonly paymentId?: string;
  /** Of the request it was written for; a repeat has another. */
  readonly correlationId?: string;
  /** What the request asked for, see fingerprint.ts; a repeat must have the same. */
  readonly fingerprint?: string;
  /** The worker, or the bridge, that wrote it. */
  readonly by?: string;
  /** How often a handler was begun: 1 for the first. */
  readonly attempt?: number;
  /** Names the run of a delivery that claimed it, among all: one worker may have two deliveries of a request in hand. */
  readonly run?: string;
  /** How often a person had it sent again from the dead letters; 0 for the request itself. */
  readonly retry: number;
  /** Until when only `by` may run it, in milliseconds since the epoch. */
  readonly leaseUntil?: number;
  /** When the request was stored and when it was first claimed. */
  readonly requestedAt?: number;
  /**
   * Of an announcement: when its bridge stops sending, by the clock that `requestedAt` is of, in milliseconds since the
   * epoch.
   */
  readonly deadlineAt?: number;
  readonly claimedAt?: number;
  /** Of the request in its stream. */
  readonly requestSeq?: number;
  /** How long the handler took that answered, in milliseconds, by its own clock. */
  readonly handlerMs?: number;
  /** How much of it went to calls of the processor, where the handler marks them. */
  readonly processorMs?: number;
  /** Whether plain subscribers hear its request as it passes: the stream then does not tell whether it was sent. */
  readonly isHeard?: boolean;
  /** Why it was withdrawn, or how the last attempt failed. Holds no payment data. */
  readonly reason?: string;
};

/** What is written; place and time are the server's to say. */
export type NewRecord = Omit<OperationRecord, 'seq' | 'at'>;

export const RECORD_HEADER = {
  state: 'X-Record',
  fingerprint: 'X-Fingerprint',
  by: 'X-Worker',
  attempt: 'X-Attempt',
  run: 'X-Run',
  leaseUntil: 'X-Lease-Until',
  requestedAt: 'X-Requested-At',
  claimedAt: 'X-Claimed-At',
  requestSeq: 'X-Request-Seq',
  handlerMs: 'X-Handler-Ms',
  processorMs: 'X-Processor-Ms',
  isHeard: 'X-Heard',
  reason: 'X-Reason',
} as const;

const STATES: readonly string[] = ['sent', 'claimed', 'answered', 'withdrawn'] satisfies RecordState[];

export function recordHeaders(record: NewRecord): Record<string, string> {
  const headers: Record<string, string> = { [RECORD_HEADER.state]: record.state };
  const text = (name: string, value: string | undefined) => {
    if (value !== undefined) headers[name] = encodeHeaderValue(value);
  };
  const number = (name: string, value: number | undefined) => {
    if (value !== undefined) headers[name] = String(value);
  };
  text(HEADER.operation, record.operation);
  text(HEADER.paymentId, record.paymentId);
  text(HEADER.correlationId, record.correlationId);
  text(RECORD_HEADER.fingerprint, record.fingerprint);
  text(RECORD_HEADER.by, record.by);
  number(RECORD_HEADER.attempt, record.attempt);
  text(RECORD_HEADER.run, record.run);
  if (record.retry > 0) number(HEADER.retry, record.retry);
  number(RECORD_HEADER.leaseUntil, record.leaseUntil);
  number(RECORD_HEADER.requestedAt, record.requestedAt);
  number(HEADER.deadline, record.deadlineAt);
  number(RECORD_HEADER.claimedAt, record.claimedAt);
  number(RECORD_HEADER.requestSeq, record.requestSeq);
  number(RECORD_HEADER.handlerMs, record.handlerMs);
  number(RECORD_HEADER.processorMs, record.processorMs);
  if (record.isHeard) number(RECORD_HEADER.isHeard, 1);
  text(RECORD_HEADER.reason, record.reason);
  return headers;
}

/** Reads a stored record. A message without a state is the answer of a worker that knows only the contract. */
export function parseRecord(headers: Headers, seq: number, at: number): OperationRecord {
  const text = (name: string) => headerText(headers, name) || undefined;
  const number = (name: string) => {
    const value = Number(headers[name] || Number.NaN);
    return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  };
  const duration = (name: string) => {
    const value = Number(headers[name] || Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  return {
    state: stateOf(headers),
    seq,
    at,
    operation: text(HEADER.operation),
    paymentId: text(HEADER.paymentId),
    correlationId: text(HEADER.correlationId),
    fingerprint: text(RECORD_HEADER.fingerprint),
    by: text(RECORD_HEADER.by),
    attempt: number(RECORD_HEADER.attempt),
    run: text(RECORD_HEADER.run),
    retry: retryIn(headers),
    leaseUntil: number(RECORD_HEADER.leaseUntil),
    requestedAt: number(RECORD_HEADER.requestedAt),
    deadlineAt: number(HEADER.deadline),
    claimedAt: number(RECORD_HEADER.claimedAt),
    requestSeq: number(RECORD_HEADER.requestSeq),
    handlerMs: duration(RECORD_HEADER.handlerMs),
    processorMs: duration(RECORD_HEADER.processorMs),
    isHeard: headers[RECORD_HEADER.isHeard] === '1' || undefined,
    reason: text(RECORD_HEADER.reason),
  };
}

const OPEN = new Uint8Array();
const CLOSED = new TextEncoder().encode('{}');

/** The body of a record that is no answer. */
export function bodyOf(state: Exclude<RecordState, 'answered'>): Uint8Array {
  return state === 'withdrawn' ? CLOSED : OPEN;
}

/**
 * Whether a record's body is one that ends the wait for an operation: only those that do have one. So a bridge need
 * not look at the headers of every claim that passes.
 */
export function isConclusion(body: Uint8Array): boolean {
  return body.length > 0;
}

/** The state alone, for readers that see every record pass. */
export function stateOf(headers: Headers): RecordState {
  const state = headers[RECORD_HEADER.state];
  return state !== undefined && STATES.includes(state) ? (state as RecordState) : 'answered';
}
