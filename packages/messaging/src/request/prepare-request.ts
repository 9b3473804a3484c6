/** Turns a caller's message into one that can wait for its answer, refusing what cannot be sent. */
import { InvalidMessageError, ReplyTimeoutError, RequestCancelledError } from '../errors.js';
import { assertLiteralSubject, WireHeaders } from './message-headers.js';
import type { PendingRequest } from './pending-requests.js';
import type { Reply, RequestMessage } from './reply.js';

const MSG_ID_HEADER = 'Nats-Msg-Id';

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
    headers: requestHeaders(mode, message, inbox, names),
    body: message.body,
    deadlineAt,
    isHeardAsItPasses: mode === 'core' || message.isHeardAsItPasses === true,
    repeatUntil: message.repeatUntil ?? deadlineAt,
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
    resolve: settle.resolve,
    reject: settle.reject,
    ended: false,
    release: undefined,
  };
}

function requestHeaders(
  mode: PendingRequest['mode'],
  { headers, replyTo, msgId, correlationId }: RequestMessage,
  inbox: string,
  names: HeaderNames,
): WireHeaders {
  const { correlationHeader, replyToHeader } = names;
  const encoded = new WireHeaders(headers);
  // A core request may cross a stream's subject: without the id it is never taken for a stored duplicate.
  if (mode === 'durable') add(MSG_ID_HEADER, msgId);
  add(correlationHeader, correlationId);
  add(replyToHeader, replyTo ?? inbox);
  return encoded;

  function add(name: string, value: string): void {
    if (headers[name] === undefined) encoded.add(name, value);
    else if (headers[name] !== value) {
      throw new InvalidMessageError(`header ${name} says ${headers[name]} where the request says ${value}`);
    }
  }
}
