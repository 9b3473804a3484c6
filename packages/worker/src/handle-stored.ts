/** A request from the stream: guard, run, reply, and only then acknowledge. */
import { type BodyReferences, type Connection, encodeHeaders, readHeaders } from '@nats-bridge/messaging';
import {
  encodeBody,
  encodeHeaderValue,
  HEADER,
  RECORD_PATTERN,
  ValidationError,
} from '@nats-bridge/protocol';
import { type JsMsg, jetstream } from '@nats-io/jetstream';
import type { EndOfTurn } from './end-of-turn.js';
import type { HandlerResponse, Handlers } from './handler.js';
import { contentTypeOf, type ReadRequest, readDelivery, runHandler } from './run-handler.js';
import type { WorkerEvent } from './worker-event.js';

export type HandleStoredOptions = {
  readonly handlers: Handlers;
  /** Where bodies lie that were too large for a message. */
  readonly bodies: BodyReferences;
  /** The consumer's ack wait: a handler that runs longer is kept alive by saying so. */
  readonly ackWaitMs: number;
  readonly report: (event: WorkerEvent) => void;
  /** Awaited before a reply, so that those of a turn leave together. */
  readonly endOfTurn: EndOfTurn;
};

const RECORD_ROOT = RECORD_PATTERN.slice(0, -1);
const MAX_RETRY_MS = 30_000;

export async function handleStored(
  connection: Connection,
  message: JsMsg,
  options: HandleStoredOptions,
): Promise<void> {
  const { report } = options;
  const startedAt = Date.now();
  const attempt = message.info.deliveryCount;
  const read = await readOrRefuse(connection, message, options);
  if (read === undefined) return;
  const { operation } = read.request;

  const alive = setInterval(() => message.working(), options.ackWaitMs / 3);
  try {
    let response: HandlerResponse;
    try {
      response = await runHandler(options.handlers, read);
    } catch (error) {
      const retryInMs = Math.min(MAX_RETRY_MS, 1_000 * 2 ** (attempt - 1));
      message.nak(retryInMs);
      report({ type: 'handler_failed', operation, attempt, retryInMs, error });
      return;
    }
    try {
      await options.endOfTurn();
      await reply(connection, read, response);
    } catch (error) {
      message.nak(1_000);
      report({ type: 'reply_failed', operation, error });
      return;
    }
    message.ack();
    report({ type: 'answered', operation, attempt, ms: Date.now() - startedAt });
  } finally {
    clearInterval(alive);
  }
}

/** What cannot be read, or may no longer run, is ended here; undefined says so. */
async function readOrRefuse(
  connection: Connection,
  message: JsMsg,
  { report, bodies }: HandleStoredOptions,
): Promise<ReadRequest | undefined> {
  const headers = readHeaders(message);
  try {
    const body = bodies.isReference(headers)
      ? await bodies.resolveBody({ body: message.data, headers })
      : message.data;
    const read = readDelivery({ body, headers, attempt: message.info.deliveryCount });
    if (read.headers.deadlineAt !== undefined && read.headers.deadlineAt <= Date.now()) {
      message.term('expired');
      report({ type: 'expired', subject: message.subject });
      return undefined;
    }
    return read;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    await refuse(connection, headers, error).catch((cause: unknown) =>
      report({ type: 'reply_failed', operation: 'authorize', error: cause }),
    );
    message.term('malformed');
    report({ type: 'malformed', subject: message.subject, reason: error.message });
    return undefined;
  }
}

/** The waiting bridge hears at once that its request was not understood, and that nothing was done. */
async function refuse(
  connection: Connection,
  headers: Readonly<Record<string, string>>,
  error: ValidationError,
) {
  const replyTo = headers[HEADER.replyTo];
  const correlationId = headers[HEADER.correlationId];
  if (!replyTo || !correlationId) return;
  const body = encodeBody({
    status: 'failure',
    error: { code: error.code, message: error.message },
    correlation_id: correlationId,
  });
  await publish(connection, replyTo, body, { [HEADER.correlationId]: correlationId });
}

async function reply(connection: Connection, { request, headers }: ReadRequest, response: HandlerResponse) {
  if (headers.replyTo === undefined) return;
  const contentType = contentTypeOf(headers);
  const body = encodeBody({ ...response, correlation_id: request.correlation_id }, contentType);
  await publish(connection, headers.replyTo, body, {
    [HEADER.correlationId]: encodeHeaderValue(request.correlation_id),
    [HEADER.contentType]: contentType,
  });
}

/** A record is confirmed by its stream before anything is acknowledged; an inbox has nobody to confirm. */
async function publish(
  connection: Connection,
  subject: string,
  body: Uint8Array,
  values: Record<string, string>,
) {
  const nats = connection.current ?? (await connection.get());
  const headers = encodeHeaders(values);
  if (subject.startsWith(RECORD_ROOT)) await jetstream(nats).publish(subject, body, { headers });
  else nats.publish(subject, body, { headers });
}
