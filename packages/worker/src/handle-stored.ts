/** A request from the stream: guard, run, reply, and only then acknowledge. */
import { readHeaders } from '@nats-bridge/messaging';
import { encodeBody, HEADER, type Operation, ValidationError } from '@nats-bridge/protocol';
import type { JsMsg } from '@nats-io/jetstream';
import type { EndOfTurn } from './end-of-turn.js';
import type { HandlerResponse, Handlers } from './handler.js';
import type { Heartbeat } from './heartbeat.js';
import { encodeReply, publishReply, type ReplyWay } from './reply.js';
import { type ReadRequest, readDelivery, runHandler } from './run-handler.js';
import type { Scope } from './scope.js';
import type { WorkerEvent } from './worker-event.js';

export type HandleStoredOptions = {
  /** The consumer's. */
  readonly operation: Operation;
  readonly scope: Scope;
  readonly handlers: Handlers;
  readonly way: ReplyWay;
  readonly heartbeat: Heartbeat;
  readonly report: (event: WorkerEvent) => void;
  /** Awaited before a reply, so that those of a turn leave together. */
  readonly endOfTurn: EndOfTurn;
  /** Aborts when the worker waits for its handlers no longer. */
  readonly abandoned: AbortSignal;
};

const MAX_RETRY_MS = 30_000;

export async function handleStored(message: JsMsg, options: HandleStoredOptions): Promise<void> {
  const { operation, report, way } = options;
  const startedAt = Date.now();
  const attempt = message.info.deliveryCount;
  const endHeartbeat = options.heartbeat.begin(message);
  try {
    const read = await readOrRefuse(message, options);
    if (read === undefined) return;

    let response: HandlerResponse;
    try {
      response = await runHandler(options.handlers, read, options.abandoned);
    } catch (error) {
      const retryInMs = Math.min(MAX_RETRY_MS, 1_000 * 2 ** (attempt - 1));
      message.nak(retryInMs);
      report({ type: 'handler_failed', operation, attempt, retryInMs, error });
      return;
    }

    try {
      await options.endOfTurn();
      const { replyTo } = read.headers;
      if (replyTo !== undefined) await publishReply(way, replyTo, encodeReply(read, response));
    } catch (error) {
      message.nak(1_000);
      report({ type: 'reply_failed', operation, error });
      return;
    }

    message.ack();
    report({ type: 'answered', operation, attempt, ms: Date.now() - startedAt });
  } finally {
    endHeartbeat();
  }
}

/** What cannot be read, or may no longer run, is ended here; undefined says so. */
async function readOrRefuse(message: JsMsg, options: HandleStoredOptions): Promise<ReadRequest | undefined> {
  const { operation, report, way, scope } = options;
  const headers = readHeaders(message);
  try {
    const body = way.bodies.isReference(headers)
      ? await way.bodies.resolveBody({ body: message.data, headers })
      : message.data;
    const read = readDelivery({ body, headers, attempt: message.info.deliveryCount });
    scope(read.request, message.subject);
    if (read.headers.deadlineAt !== undefined && read.headers.deadlineAt <= Date.now()) {
      message.term('expired');
      report({ type: 'expired', subject: message.subject });
      return undefined;
    }
    return read;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    await refuse(way, headers, error).catch((cause: unknown) =>
      report({ type: 'reply_failed', operation, error: cause }),
    );
    message.term('malformed');
    report({ type: 'malformed', subject: message.subject, reason: error.message });
    return undefined;
  }
}

/** The waiting bridge hears at once that its request was not understood, and that nothing was done. */
async function refuse(way: ReplyWay, headers: Readonly<Record<string, string>>, error: ValidationError) {
  const replyTo = headers[HEADER.replyTo];
  const correlationId = headers[HEADER.correlationId];
  if (!replyTo || !correlationId) return;
  const body = encodeBody({
    status: 'failure',
    error: { code: error.code, message: error.message },
    correlation_id: correlationId,
  });
  await publishReply(way, replyTo, {
    body,
    headers: { [HEADER.correlationId]: correlationId },
  });
}
