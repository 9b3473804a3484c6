/** The way of an answer to who waits for it. It exists only once, here, so it is not given up easily. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BodyReferences,
  backoffMs,
  type Connection,
  encodeHeaders,
  type RecordWriter,
} from '@nats-bridge/messaging';
import { encodeBody, encodeHeaderValue, HEADER, RECORD_PATTERN } from '@nats-bridge/protocol';
import type { HandlerResponse } from './handler.js';
import { contentTypeOf, type ReadRequest } from './run-handler.js';

export type EncodedReply = { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> };

/** What an answer may need on its way. */
export type ReplyWay = {
  readonly connection: Connection;
  /** For answers larger than a message. */
  readonly bodies: BodyReferences;
  readonly records: RecordWriter;
};

const RECORD_ROOT = RECORD_PATTERN.slice(0, -1);
/** Room for the headers of a reply. */
const HEADER_BYTES = 2_048;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;
/** With the waits between them about half a minute: a server that restarts is back by then. */
const TRIES = 12;
const RETRY = { initialMs: 100, maxMs: 5_000 };
const CONNECT_LIMIT_MS = 30_000;

/** Replies speak the encoding of the request. @throws TypeError for what that encoding cannot say */
export function encodeReply({ request, headers }: ReadRequest, response: HandlerResponse): EncodedReply {
  const contentType = contentTypeOf(headers);
  return {
    body: encodeBody({ ...response, correlation_id: request.correlation_id }, contentType),
    headers: {
      [HEADER.correlationId]: encodeHeaderValue(request.correlation_id),
      [HEADER.contentType]: contentType,
    },
  };
}

/**
 * Publishes to `X-Reply-To`: a record until its stream has confirmed it, an inbox once. As long as it tries, the
 * handler need not run again, which is what happens after it gives up.
 *
 * @throws the last error, after half a minute of them
 */
export async function publishReply(
  { connection, bodies, records }: ReplyWay,
  subject: string,
  reply: EncodedReply,
): Promise<void> {
  const isRecord = subject.startsWith(RECORD_ROOT);
  for (let attempt = 0; ; attempt++) {
    try {
      const nats = connection.current ?? (await connection.whenConnected(untilConnected()));
      const { body, headers } = await fitReply(bodies, nats.info?.max_payload, reply);
      if (isRecord) await records.write(subject, body, headers);
      else nats.publish(subject, body, { headers: encodeHeaders(headers) });
      return;
    } catch (error) {
      if (attempt + 1 >= TRIES) throw error;
      await delay(backoffMs(attempt, RETRY));
    }
  }
}

/** A reply that is larger than a message lies in the object store; the message says where. */
export async function fitReply(
  bodies: BodyReferences,
  maxPayload: number = DEFAULT_MAX_PAYLOAD,
  reply: EncodedReply,
): Promise<EncodedReply> {
  if (reply.body.length + HEADER_BYTES <= maxPayload) return reply;
  const { body, headers } = await bodies.store(reply.body);
  return { body, headers: { ...reply.headers, ...headers } };
}

function untilConnected() {
  return { deadlineAt: Date.now() + CONNECT_LIMIT_MS };
}
