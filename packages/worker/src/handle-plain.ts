/** A request that no stream holds: the answer goes straight back, and nobody delivers it again. */
import { type BodyReferences, encodeHeaders, readHeaders } from '@nats-bridge/messaging';
import { ValidationError } from '@nats-bridge/protocol';
import type { Msg } from '@nats-io/nats-core';
import type { HandlerResponse, Handlers } from './handler.js';
import { type EncodedReply, encodeRefusal, encodeReply, fitReply } from './reply.js';
import { type ReadRequest, readDelivery, runHandler } from './run-handler.js';
import type { Scope } from './scope.js';
import type { Sealing } from './sealing.js';
import type { WorkerEvent } from './worker-event.js';

export type HandlePlainOptions = {
  readonly handlers: Handlers;
  readonly scope: Scope;
  /** Where bodies lie that were too large for a message. */
  readonly bodies: BodyReferences;
  readonly sealing: Sealing;
  readonly maxPayload: number | undefined;
  readonly report: (event: WorkerEvent) => void;
  /** Aborts when the worker waits for its handlers no longer. */
  readonly abandoned: AbortSignal;
};

export async function handlePlain(message: Msg, options: HandlePlainOptions): Promise<void> {
  const { report, bodies } = options;
  const startedAt = Date.now();
  const headers = readHeaders(message);
  let read: ReadRequest;
  try {
    const body = bodies.isReference(headers)
      ? await bodies.resolveBody({ body: message.data, headers })
      : message.data;
    read = readDelivery(message.subject, { body, headers, attempt: 1 }, options.sealing);
    options.scope(read.request, message.subject);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    refusePlain(message, error, options.sealing);
    report({ type: 'malformed', subject: message.subject, reason: error.message });
    return;
  }
  if (read.headers.deadlineAt !== undefined && read.headers.deadlineAt <= Date.now()) {
    report({ type: 'expired', subject: message.subject });
    return;
  }
  await answer(message, read, startedAt, options);
}

async function answer(message: Msg, read: ReadRequest, startedAt: number, options: HandlePlainOptions) {
  const { report, bodies, maxPayload, sealing } = options;
  const { operation } = read.request;
  let response: HandlerResponse;
  try {
    response = await runHandler(options.handlers, read, () => [options.abandoned]);
  } catch (error) {
    // Nothing delivers it again: without an answer the caller waits for its deadline, which is honest.
    report({ type: 'handler_failed', operation, attempt: 1, retryInMs: 0, error });
    return;
  }
  try {
    respond(message, await fitReply(bodies, maxPayload, encodeReply(read, response, sealing)));
  } catch (error) {
    report({ type: 'reply_failed', operation, error });
    return;
  }
  report({ type: 'answered', operation, attempt: 1, ms: Date.now() - startedAt });
}

/** Says that nothing was done, and why. */
export function refusePlain(
  message: Msg,
  why: { readonly code: string; readonly message: string },
  sealing: Sealing,
): void {
  respond(message, encodeRefusal(readHeaders(message), why, sealing));
}

function respond(message: Msg, { body, headers }: EncodedReply): void {
  message.respond(body, { headers: encodeHeaders(headers) });
}
