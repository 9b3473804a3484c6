/** An answer as bytes, from NATS or for it: what cannot be read leaves the outcome unknown. */
import type { Reply } from '@nats-bridge/messaging';
import {
  type BridgeResponse,
  decodeMessage,
  encodeBody,
  HEADER,
  type Headers,
  invalidReply,
  parseResponse,
  saysRefusal,
  ValidationError,
} from '@nats-bridge/protocol';

export type EncodedAnswer = { readonly body: Uint8Array; readonly headers: Headers };

/** @throws BridgeError INVALID_WORKER_REPLY */
export function readAnswer(answer: EncodedAnswer): BridgeResponse {
  try {
    return parseResponse(decodeMessage(answer));
  } catch (error) {
    if (error instanceof ValidationError) throw invalidReply(error);
    throw error;
  }
}

/**
 * Said by a worker of one delivery, not of the operation: nothing was done for it. Only its header says so; the words
 * may be a processor's. What comes by the way of a record is an answer, whatever its headers say.
 */
export function isRefusal({ via, headers }: Pick<Reply, 'via' | 'headers'>): boolean {
  return via !== 'durable' && saysRefusal(headers);
}

/** The refusal of a worker that keeps records: the key belongs to another request. */
export function isConflict(reply: Pick<Reply, 'via' | 'headers'>, { error }: BridgeResponse): boolean {
  return isRefusal(reply) && error?.code === 'CONFLICT';
}

export function encodeAnswer(answer: BridgeResponse): EncodedAnswer {
  return { body: encodeBody(answer), headers: { [HEADER.contentType]: 'application/json' } };
}
