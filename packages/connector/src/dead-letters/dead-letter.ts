/** A dead letter: a request that was given up, as it was, with what is known of it. */
import type { StoredRecord } from '@nats-bridge/messaging';
import {
  encodeHeaderValue,
  HEADER,
  type Headers,
  headerText,
  type Queue,
  retryIn,
  type Verdict,
} from '@nats-bridge/protocol';

export type DeadLetter = {
  readonly queue: Queue;
  /** Of the letter in its stream: what actions name it by. */
  readonly seq: number;
  readonly at: Date;
  readonly merchantId: string;
  readonly operation: string;
  readonly paymentId: string;
  readonly idempotencyKey: string;
  /**
   * `max_deliver`, or what it was terminated with; of what the server gave no notice: `unanswered`, or `unreadable` for
   * a recorded answer that cannot be read.
   */
  readonly reason: string;
  /** The kind of the last attempt's error, where the record has one. */
  readonly error: string | undefined;
  /** Deliveries, 0 where that is not known, and who had it last, where that is. */
  readonly attempts: number;
  readonly worker: string | undefined;
  /** When it was given up, but for what is `unknown` since a restore; an action asks the ledger again. */
  readonly verdict: Verdict;
  /** How often a person had it sent again before. */
  readonly retry: number;
  readonly original: {
    readonly stream: string;
    readonly seq: number;
    readonly subject: string;
    readonly consumer: string;
    readonly msgId: string;
  };
  /** Of the request; those that steer JetStream are left out. */
  readonly requestHeaders: Headers;
  /** The request as it was; may hold card data and credentials, so it is never shown as it is. */
  readonly body: Uint8Array;
};

export type NewDeadLetter = Omit<DeadLetter, 'queue' | 'seq' | 'at'>;

const DEAD = {
  merchantId: 'X-Dead-Merchant-Id',
  operation: 'X-Dead-Operation',
  reason: 'X-Dead-Reason',
  error: 'X-Dead-Error',
  attempts: 'X-Dead-Attempts',
  worker: 'X-Dead-Worker',
  verdict: 'X-Dead-Verdict',
  stream: 'X-Dead-Stream',
  seq: 'X-Dead-Seq',
  subject: 'X-Dead-Subject',
  consumer: 'X-Dead-Consumer',
  msgId: 'X-Dead-Msg-Id',
} as const;

const VERDICTS: readonly string[] = [
  'never_sent',
  'answered_no',
  'unknown',
  'answered_yes',
] satisfies Verdict[];

export function letterHeaders(letter: NewDeadLetter): Record<string, string> {
  const { original } = letter;
  const headers: Record<string, string> = { ...letter.requestHeaders };
  const values = {
    merchantId: letter.merchantId,
    operation: letter.operation,
    reason: letter.reason,
    error: letter.error,
    attempts: String(letter.attempts),
    worker: letter.worker,
    verdict: letter.verdict,
    stream: original.stream,
    seq: String(original.seq),
    subject: original.subject,
    consumer: original.consumer,
    msgId: original.msgId,
  } satisfies Record<keyof typeof DEAD, string | undefined>;
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) headers[DEAD[name as keyof typeof DEAD]] = encodeHeaderValue(value);
  return headers;
}

export function parseLetter(queue: Queue, { headers, body, seq, storedAt }: StoredRecord): DeadLetter {
  const text = (name: string) => headerText(headers, name);
  const verdict = text(DEAD.verdict);
  return {
    queue,
    seq,
    at: storedAt,
    merchantId: text(DEAD.merchantId),
    operation: text(DEAD.operation),
    paymentId: text(HEADER.paymentId),
    idempotencyKey: text(HEADER.idempotencyKey),
    reason: text(DEAD.reason),
    error: text(DEAD.error) || undefined,
    attempts: Number(text(DEAD.attempts)) || 0,
    worker: text(DEAD.worker) || undefined,
    verdict: VERDICTS.includes(verdict) ? (verdict as Verdict) : 'unknown',
    retry: retryIn(headers),
    original: {
      stream: text(DEAD.stream),
      seq: Number(text(DEAD.seq)) || 0,
      subject: text(DEAD.subject),
      consumer: text(DEAD.consumer),
      msgId: text(DEAD.msgId),
    },
    requestHeaders: requestHeadersOf(headers),
    body,
  };
}

/** What a request says of itself; what would steer JetStream, or is about the letter, is left out. */
export function requestHeadersOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith('Nats-') && !name.startsWith('X-Dead-')),
  );
}
