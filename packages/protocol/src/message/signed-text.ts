/**
 * What a message's signature is made over: all of it that must not be altered, a value a line, as it stands on the wire.
 * A body that is sealed is signed as it travels.
 */
import { createHash } from 'node:crypto';
import { HEADER, type Headers, saysRefusal } from './headers.js';
import { replyContext, requestContext } from './sealing-context.js';

type Message = { readonly body: Uint8Array; readonly headers: Headers };

/** Of no other thing that these keys sign. */
const FIRST_LINE = 'nats-bridge signature 1';

export function signedRequestText(subject: string, { body, headers }: Message): string {
  return textOf(requestContext(subject, headers), headers[HEADER.contentType], body);
}

/**
 * What a reply answers. One that is kept in a record is said again to whoever repeats the request, so the subject of
 * the record stands for the request; any other counts for one request alone.
 */
export type ReplyPlace =
  | { readonly record: string; readonly correlationId?: undefined }
  | { readonly record?: undefined; readonly correlationId: string };

/** @param merchantId and the other ids as they stand in the request's headers */
export function signedReplyText(
  merchantId: string,
  idempotencyKey: string,
  place: ReplyPlace,
  { body, headers }: Message,
): string {
  const context = [
    replyContext(merchantId, idempotencyKey, place.record === undefined && saysRefusal(headers)),
    place.record ?? '',
    place.correlationId ?? '',
  ].join('\n');
  return textOf(context, headers[HEADER.contentType], body);
}

/** Of a record that says that nobody began, and that nobody may any more: callers are told that nothing happened. */
export function signedWithdrawalText(record: string): string {
  return [FIRST_LINE, 'nats-bridge withdrawal 1', record].join('\n');
}

function textOf(context: string, contentType = '', body: Uint8Array): string {
  return [FIRST_LINE, context, contentType, createHash('sha256').update(body).digest('hex')].join('\n');
}
