/** The NATS headers of requests and replies: names, and values that survive any id. */

export const HEADER = {
  merchantId: 'X-Merchant-Id',
  paymentId: 'X-Payment-Id',
  idempotencyKey: 'X-Idempotency-Key',
  testMode: 'X-Test-Mode',
  correlationId: 'X-Correlation-Id',
  operation: 'X-Operation',
  /** Where a disciplined worker publishes its reply. */
  replyTo: 'X-Reply-To',
  /** Milliseconds since the epoch, after which nobody waits and the worker must not start. */
  deadline: 'X-Deadline',
  /** The encoding the worker wants replies and requests in; see encoding.ts. */
  contentType: 'Content-Type',
  /** How often a person had it sent again from the dead letters; absent for 0. */
  retry: 'X-Retry',
  /** `1` on a reply: it refuses this one delivery, for which nothing was done, and is no answer of the operation. */
  refusal: 'X-Refusal',
  /** Ed25519 in base64url, over signed-text.ts; and the public key (NKEY, `U…`) it is made with. */
  signature: 'X-Signature',
  signatureKey: 'X-Signature-Key',
  traceparent: 'traceparent',
  msgId: 'Nats-Msg-Id',
} as const;

/** NATS ADR-43: how long the server keeps a message. */
export const TTL_HEADER = 'Nats-TTL';
/** The same of a message that a backup brought back, whose time may be over: it means nothing to the server. */
export const PAST_TTL_HEADER = 'Past-TTL';

/** Of a message, by name as it was sent: the first value of each. */
export type Headers = Readonly<Record<string, string>>;

/** Of a reply that is no record: those have headers that nobody signs, and are answers. */
export function saysRefusal(headers: Headers): boolean {
  return headers[HEADER.refusal] === '1';
}

const SAFE = /^[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/;

/**
 * A header value that cannot break out of its line: control characters, `%`, leading or trailing blanks and
 * everything outside ASCII become `%XX` of their UTF-8 form. {@link decodeHeaderValue} gives the value back.
 */
export function encodeHeaderValue(value: string): string {
  if (value === '' || SAFE.test(value)) return value;
  const bytes = Buffer.from(value, 'utf8');
  let encoded = '';
  for (const [index, byte] of bytes.entries()) {
    const isEdgeBlank = byte === 0x20 && (index === 0 || index === bytes.length - 1);
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && !isEdgeBlank;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

export function decodeHeaderValue(value: string): string {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // written by somebody who does not encode: taken as it is
  }
}

/** A header as it was before it was encoded; empty where it is missing. */
export function headerText(headers: Headers, name: string): string {
  return decodeHeaderValue(headers[name] ?? '');
}

/** What a request carries besides its body; all optional values are left out when undefined. */
export type RequestHeaders = {
  readonly merchantId: string;
  readonly paymentId: string;
  readonly idempotencyKey: string;
  readonly testMode: boolean;
  readonly correlationId: string;
  readonly operation: string;
  readonly deadlineAt: number;
  readonly contentType: string;
  readonly replyTo?: string;
  readonly retry?: number;
  readonly traceparent?: string;
};

export function buildRequestHeaders(values: RequestHeaders): Record<string, string> {
  const headers: Record<string, string> = {
    [HEADER.merchantId]: encodeHeaderValue(values.merchantId),
    [HEADER.paymentId]: encodeHeaderValue(values.paymentId),
    [HEADER.idempotencyKey]: encodeHeaderValue(values.idempotencyKey),
    [HEADER.testMode]: String(values.testMode),
    [HEADER.correlationId]: encodeHeaderValue(values.correlationId),
    [HEADER.operation]: values.operation,
    [HEADER.deadline]: String(values.deadlineAt),
    [HEADER.contentType]: values.contentType,
  };
  if (values.replyTo !== undefined) headers[HEADER.replyTo] = values.replyTo;
  if (values.retry) headers[HEADER.retry] = String(values.retry);
  if (values.traceparent !== undefined) headers[HEADER.traceparent] = encodeHeaderValue(values.traceparent);
  return headers;
}

/** Reads request headers; what is missing or unreadable is undefined, so that a body alone is enough. */
export function parseRequestHeaders(headers: Headers): Partial<RequestHeaders> {
  const text = (name: string) => headerText(headers, name) || undefined;
  const testMode = text(HEADER.testMode);
  const deadlineAt = deadlineIn(headers);
  return {
    merchantId: text(HEADER.merchantId),
    paymentId: text(HEADER.paymentId),
    idempotencyKey: text(HEADER.idempotencyKey),
    testMode: testMode === undefined ? undefined : testMode === 'true',
    correlationId: text(HEADER.correlationId),
    operation: text(HEADER.operation),
    deadlineAt: Number.isSafeInteger(deadlineAt) && deadlineAt > 0 ? deadlineAt : undefined,
    contentType: text(HEADER.contentType),
    replyTo: headers[HEADER.replyTo] || undefined,
    retry: retryIn(headers) || undefined,
    traceparent: text(HEADER.traceparent),
  };
}

/** Whether a request was sent by this merchant under this key. */
export function isOfKey(headers: Headers, merchantId: string, idempotencyKey: string): boolean {
  return (
    headerText(headers, HEADER.idempotencyKey) === idempotencyKey &&
    headerText(headers, HEADER.merchantId) === merchantId
  );
}

/** Milliseconds since the epoch; 0 where it is missing, or no number. */
export function deadlineIn(headers: Headers): number {
  return Number(headers[HEADER.deadline]) || 0;
}

/** How often a person had it sent again from the dead letters. */
export function retryIn(headers: Headers): number {
  const retry = Number(headers[HEADER.retry]);
  return Number.isSafeInteger(retry) && retry > 0 ? retry : 0;
}
