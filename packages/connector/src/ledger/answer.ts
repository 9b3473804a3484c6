/** An answer as bytes, from NATS or for it: what cannot be read leaves the outcome unknown. */
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

export function encodeAnswer(answer: BridgeResponse): EncodedAnswer {
  return { body: encodeBody(answer), headers: { [HEADER.contentType]: 'application/json' } };
}
