/** An answer as bytes, from NATS or for it: what cannot be read leaves the outcome unknown. */
import type { ReplyPath } from '@nats-bridge/messaging';
import {
  type BridgeResponse,
  decodeBody,
  encodeBody,
  HEADER,
  type Headers,
  invalidReply,
  parseResponse,
  ValidationError,
} from '@nats-bridge/protocol';

export type EncodedAnswer = { readonly body: Uint8Array; readonly headers: Headers };

/** @throws BridgeError INVALID_WORKER_REPLY */
export function readAnswer({ body, headers }: EncodedAnswer): BridgeResponse {
  try {
    return parseResponse(decodeBody(body, headers[HEADER.contentType]));
  } catch (error) {
    if (error instanceof ValidationError) throw invalidReply(error);
    throw error;
  }
}

/**
 * Said of one delivery by a worker that keeps records, not of the operation: its key belongs to another request. A
 * bridge hears it on the acknowledgement subject.
 */
export function isConflict(via: ReplyPath, { error }: BridgeResponse): boolean {
  return via === 'ack' && error?.code === 'CONFLICT';
}

export function encodeAnswer(answer: BridgeResponse): EncodedAnswer {
  return { body: encodeBody(answer), headers: { [HEADER.contentType]: 'application/json' } };
}
