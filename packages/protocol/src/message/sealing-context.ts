/**
 * What a sealed body is bound to: moved to another subject, merchant, operation, key or deadline, it does not open.
 * Values are taken as they stand in the headers, one a line: no header can hold a line break.
 */

import { isRecordSubject } from '../subjects/subject.js';
import { HEADER, type Headers } from './headers.js';

/** Of a body that only its recipients can read; what it is inside is said inside. */
export const SEALED_TYPE = 'application/vnd.nats-bridge.sealed+json';

const BOUND = [
  HEADER.merchantId,
  HEADER.paymentId,
  HEADER.idempotencyKey,
  HEADER.testMode,
  HEADER.correlationId,
  HEADER.operation,
  HEADER.deadline,
  HEADER.retry,
] as const;

/** An inbox is the requester's own affair; the subject of a record decides what counts as a repeat. */
export function requestContext(subject: string, headers: Headers): string {
  const replyTo = headers[HEADER.replyTo];
  const record = isRecordSubject(replyTo) ? replyTo : '';
  return ['nats-bridge request 1', subject, record, ...BOUND.map((name) => headers[name] ?? '')].join('\n');
}

/**
 * Without the correlation id: a recorded answer is said again to whoever repeats the request.
 * @param merchantId and the key as they stand in the request's headers
 * @param isRefusal of the delivery: it never opens as an answer, nor an answer as a refusal
 */
export function replyContext(merchantId: string, idempotencyKey: string, isRefusal = false): string {
  return [`nats-bridge ${isRefusal ? 'refusal' : 'reply'} 1`, merchantId, idempotencyKey].join('\n');
}

export function isSealed(headers: Headers): boolean {
  return headers[HEADER.contentType]?.split(';')[0]?.trim() === SEALED_TYPE;
}
