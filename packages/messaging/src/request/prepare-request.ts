/** Turns a caller's message into one that can wait for its answer, refusing what cannot be sent. */
import { ReplyTimeoutError, RequestCancelledError } from '../errors.js';
import { assertLiteralSubject, encodeHeaders, type HeaderRecord } from './message-headers.js';
import type { PendingRequest } from './pending-requests.js';
import type { Reply, RequestMessage } from './reply.js';

export type HeaderNames = {
  readonly correlationHeader: string;
  readonly replyToHeader: string;
};

export type Settle = {
  readonly resolve: (reply: Reply | Promise<Reply>) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * @param inbox the request's own inbox subject
 * @throws InvalidMessageError, ReplyTimeoutError or RequestCancelledError, all before_send
 */
export function prepareRequest(
  mode: PendingRequest['mode'],
  message: RequestMessage,
  token: string,
  inbox: string,
  names: HeaderNames,
  settle: Settle,
): PendingRequest {
  const { subject, deadlineAt, signal, correlationId, msgId, replyTo } = message;
  assertLiteralSubject(subject);
  if (replyTo !== undefined) assertLiteralSubject(replyTo);
  if (signal?.aborted)
    throw new RequestCancelledError(subject, 'before_send', undefined, { cause: signal.reason });
  const startedAt = Date.now();
  if (deadlineAt <= startedAt) throw new ReplyTimeoutError(subject, 'before_send', 0);
  return {
    token,
    mode,
    subject,
    msgId,
    correlationId,
    replyTo,
    headers: encodeHeaders(requestHeaders(mode, message, inbox, names)),
    body: message.body,
    deadlineAt,
    startedAt,
    sentAt: 0,
    dueAt: deadlineAt,
    published: 0,
    refused: 0,
    refusedWith: undefined,
    stored: undefined,
    joined: undefined,
    held: undefined,
    onStored: message.onStored,
    ...settle,
    ended: false,
    release: undefined,
  };
}

function requestHeaders(
  mode: PendingRequest['mode'],
  { headers, replyTo, msgId, correlationId }: RequestMessage,
  inbox: string,
  names: HeaderNames,
): HeaderRecord {
  const all: Record<string, string> = { ...headers };
  all[names.correlationHeader] = correlationId;
  all[names.replyToHeader] = replyTo ?? inbox;
  // A core request may cross a stream's subject: without the id it is never taken for a stored duplicate.
  if (mode === 'durable') all['Nats-Msg-Id'] = msgId;
  return all;
}
