/** A request that no stream holds: the answer goes straight back, and an exception is an answer too. */
import { encodeHeaders, readHeaders } from '@nats-bridge/messaging';
import { encodeBody, HEADER, ValidationError } from '@nats-bridge/protocol';
import type { Msg } from '@nats-io/nats-core';
import type { Handlers } from './handler.js';
import { contentTypeOf, readDelivery, runHandler } from './run-handler.js';
import type { WorkerEvent } from './worker-event.js';

export async function handlePlain(
  message: Msg,
  handlers: Handlers,
  report: (event: WorkerEvent) => void,
): Promise<void> {
  const startedAt = Date.now();
  const headers = readHeaders(message);
  try {
    const read = readDelivery({ body: message.data, headers, attempt: 1 });
    const { operation, correlation_id } = read.request;
    try {
      const response = await runHandler(handlers, read);
      const contentType = contentTypeOf(read.headers);
      respond(message, encodeBody({ ...response, correlation_id }, contentType), correlation_id, contentType);
      report({ type: 'answered', operation, attempt: 1, ms: Date.now() - startedAt });
    } catch (error) {
      // Nothing delivers it again: without an answer the caller waits for its deadline, which is honest.
      report({ type: 'handler_failed', operation, attempt: 1, retryInMs: 0, error });
    }
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const correlationId = headers[HEADER.correlationId] ?? '';
    const body = {
      status: 'failure',
      error: { code: error.code, message: error.message },
      correlation_id: correlationId,
    };
    respond(message, encodeBody(body), correlationId, 'application/json');
    report({ type: 'malformed', subject: message.subject, reason: error.message });
  }
}

function respond(message: Msg, body: Uint8Array, correlationId: string, contentType: string): void {
  const headers = encodeHeaders({
    [HEADER.correlationId]: correlationId,
    [HEADER.contentType]: contentType,
  });
  message.respond(body, { headers });
}
