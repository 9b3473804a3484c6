/** The way of an answer to who waits for it. It exists only once, here, so it is not given up easily. */
import {
  type BodyReferences,
  backoffMs,
  type Connection,
  encodeHeaders,
  UNTIL_BACK,
} from '@nats-bridge/messaging';
import { encodeBody, encodeHeaderValue, HEADER, type Headers, headerText } from '@nats-bridge/protocol';
import type { HandlerResponse } from '../handler.js';
import type { Sealing } from '../sealing/sealing.js';
import { contentTypeOf, type ReadRequest } from './run-handler.js';

export type EncodedReply = { readonly body: Uint8Array; readonly headers: Headers };

/** What an answer may need on its way. */
export type ReplyWay = {
  readonly connection: Connection;
  /** For answers larger than a message. */
  readonly bodies: BodyReferences;
  readonly sealing: Sealing;
};

/** Room for the headers of a reply. */
const HEADER_BYTES = 2_048;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;
const CONNECT_LIMIT_MS = 30_000;

/**
 * Replies speak the encoding of the request, are sealed when it was, and signed where the worker has a key.
 * @throws TypeError for what that encoding cannot say
 */
export function encodeReply(
  { request, headers, wireHeaders }: ReadRequest,
  response: HandlerResponse,
  sealing: Sealing,
  to: 'record' | 'caller',
): EncodedReply {
  const contentType = contentTypeOf(headers);
  const correlationId = request.correlation_id;
  // Before the spread: behind it, it costs V8 a microsecond. The handler's own would come through, so it is set again.
  const body = { correlation_id: correlationId, ...response };
  body.correlation_id = correlationId;
  const reply = {
    body: encodeBody(body, contentType),
    headers: {
      [HEADER.correlationId]: encodeHeaderValue(correlationId),
      [HEADER.contentType]: contentType,
    },
  };
  return sealing.seal(reply, wireHeaders, to);
}

/**
 * For a record: the effect has happened, and what else the handler says must not cost its answer (P1). What cannot be
 * encoded, or not be put away within half a minute, is left out.
 *
 * @param onLeftOut told why
 */
export async function encodeEffect(
  read: ReadRequest,
  response: HandlerResponse,
  way: ReplyWay,
  { sleep, onLeftOut }: { sleep(ms: number): Promise<void>; onLeftOut(error: unknown): void },
): Promise<EncodedReply> {
  try {
    const reply = encodeReply(read, response, way.sealing, 'record');
    for (let attempt = 0; ; attempt++)
      try {
        return await fitReply(way.bodies, way.connection.current?.info?.max_payload, reply);
      } catch (error) {
        if (attempt + 1 >= UNTIL_BACK.tries) throw error;
        await sleep(backoffMs(attempt, UNTIL_BACK));
      }
  } catch (error) {
    onLeftOut(error);
    return encodeReply(read, essenceOf(response), way.sealing, 'record');
  }
}

/** What became of the payment, and how the processor knows it: never more than the whole would have said. */
function essenceOf(whole: HandlerResponse): HandlerResponse {
  const { status, attempt_status, refund_status, transaction_id, amount_captured, error } = whole;
  // What is left out would have been the status: a customer who was to be redirected has not paid.
  const isRefined = (whole.redirection ?? whole.response) && !attempt_status && !refund_status;
  return {
    status: status === 'success' && isRefined ? 'processing' : status,
    attempt_status: attempt_status && String(attempt_status),
    refund_status: refund_status && String(refund_status),
    transaction_id: transaction_id && String(transaction_id),
    amount_captured: amount_captured && Number(amount_captured),
    error: error && { code: String(error.code), message: String(error.message) },
  };
}

/**
 * Says that nothing was done for this delivery, and why. Its header tells it from what a processor says in the same
 * words.
 * @param to `stranger`: it was not seen, or not proven, who asks
 */
export function encodeRefusal(
  request: Headers,
  { code, message }: { readonly code: string; readonly message: string },
  sealing: Sealing,
  to: 'caller' | 'stranger',
): EncodedReply {
  const correlationId = headerText(request, HEADER.correlationId);
  const reply = {
    body: encodeBody({ status: 'failure', error: { code, message }, correlation_id: correlationId }),
    headers: {
      [HEADER.correlationId]: encodeHeaderValue(correlationId),
      [HEADER.contentType]: 'application/json',
      [HEADER.refusal]: '1',
    },
  };
  return sealing.seal(reply, request, to);
}

/**
 * Publishes to an inbox. It waits for a lost connection: the handler would otherwise run again.
 *
 * @throws NotConnectedError after half a minute
 */
export async function publishReply(
  { connection, bodies }: ReplyWay,
  subject: string,
  reply: EncodedReply,
): Promise<void> {
  const nats =
    connection.current ?? (await connection.whenConnected({ deadlineAt: Date.now() + CONNECT_LIMIT_MS }));
  const { body, headers } = await fitReply(bodies, nats.info?.max_payload, reply);
  nats.publish(subject, body, { headers: encodeHeaders(headers) });
}

/** A reply that is larger than a message lies in the object store; the message says where. */
export function fitReply(
  bodies: BodyReferences,
  maxPayload: number = DEFAULT_MAX_PAYLOAD,
  reply: EncodedReply,
): EncodedReply | Promise<EncodedReply> {
  return reply.body.length + HEADER_BYTES <= maxPayload ? reply : putAway(bodies, reply);
}

async function putAway(bodies: BodyReferences, reply: EncodedReply): Promise<EncodedReply> {
  const { body, headers } = await bodies.store(reply.body);
  return { body, headers: { ...reply.headers, ...headers } };
}
