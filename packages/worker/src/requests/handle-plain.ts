/** A request that no stream holds: the answer goes straight back, and nobody delivers it again. */
import {
  type BodyReferences,
  encodeHeaders,
  readHeaders,
  SignatureRefusedError,
} from '@nats-bridge/messaging';
import { ValidationError } from '@nats-bridge/protocol';
import type { Tracing } from '@nats-bridge/tracing';
import type { Msg } from '@nats-io/nats-core';
import type { HandlerResponse, Handlers } from '../handler.js';
import { idsInHeaders, idsOf } from '../logging/delivery-ids.js';
import type { Sealing } from '../sealing/sealing.js';
import { failureOf } from '../telemetry/failure-of.js';
import { type DeliveryTrace, traceDelivery } from '../tracing/trace-delivery.js';
import type { WorkerEvent } from '../worker-event.js';
import { type EncodedReply, encodeRefusal, encodeReply, fitReply } from './reply.js';
import { type ReadRequest, readDelivery, runHandler } from './run-handler.js';
import type { Scope } from './scope.js';

export type HandlePlainOptions = {
  readonly handlers: Handlers;
  readonly scope: Scope;
  readonly tracing?: { readonly tracing: Tracing; readonly destination: string };
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
  const trace =
    options.tracing &&
    traceDelivery(options.tracing.tracing, {
      headers,
      destination: options.tracing.destination,
      attempt: 1,
    });
  let read: ReadRequest;
  try {
    const body = bodies.isReference(headers)
      ? await bodies.resolveBody({ body: message.data, headers })
      : message.data;
    read = readDelivery(message.subject, { body, headers, attempt: 1 }, options.sealing);
    options.scope(read.request, message.subject);
  } catch (error) {
    trace?.ended('malformed', failureOf(error));
    if (!(error instanceof ValidationError)) throw error;
    refusePlain(
      message,
      error,
      options.sealing,
      error instanceof SignatureRefusedError ? 'stranger' : 'caller',
    );
    const ids = idsInHeaders(headers);
    report({ type: 'malformed', subject: message.subject, reason: error.message, ids });
    return;
  }
  if (read.headers.deadlineAt !== undefined && read.headers.deadlineAt <= Date.now()) {
    trace?.ended('expired');
    const { operation } = read.request;
    report({ type: 'expired', operation, subject: message.subject, ids: idsOf(read.request) });
    return;
  }
  await answer(message, read, startedAt, trace, options);
}

async function answer(
  message: Msg,
  read: ReadRequest,
  startedAt: number,
  trace: DeliveryTrace | undefined,
  options: HandlePlainOptions,
): Promise<void> {
  const { report, bodies, maxPayload, sealing } = options;
  const { operation } = read.request;
  const ids = idsOf(read.request);
  let response: HandlerResponse;
  try {
    const run = (request: ReadRequest) => runHandler(options.handlers, request, () => [options.abandoned]);
    response = await (trace?.handle(read, run) ?? run(read));
  } catch (error) {
    // Nothing delivers it again: without an answer the caller waits for its deadline, which is honest.
    trace?.ended('failed', failureOf(error));
    report({ type: 'handler_failed', operation, attempt: 1, retryInMs: 0, error, ids });
    return;
  }
  try {
    const publish = async () =>
      respond(message, await fitReply(bodies, maxPayload, encodeReply(read, response, sealing, 'caller')));
    await (trace?.reply(publish) ?? publish());
  } catch (error) {
    trace?.ended('reply_failed', failureOf(error));
    report({ type: 'reply_failed', operation, error, ids });
    return;
  }
  trace?.ended('answered');
  report({ type: 'answered', operation, attempt: 1, ms: Date.now() - startedAt, ids });
}

/** Says that nothing was done, and why. */
export function refusePlain(
  message: Msg,
  why: { readonly code: string; readonly message: string },
  sealing: Sealing,
  to: 'caller' | 'stranger',
): void {
  respond(message, encodeRefusal(readHeaders(message), why, sealing, to));
}

function respond(message: Msg, { body, headers }: EncodedReply): void {
  message.respond(body, { headers: encodeHeaders(headers) });
}
