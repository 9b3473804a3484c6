/** A reply from NATS as the worker's response: what cannot be read leaves the outcome unknown. */
import type { Reply, StoredRecord } from '@nats-bridge/messaging';
import {
  type BridgeResponse,
  decodeBody,
  HEADER,
  invalidReply,
  parseResponse,
  ValidationError,
} from '@nats-bridge/protocol';

/** @throws BridgeError INVALID_WORKER_REPLY */
export function readReply({ body, headers }: Reply): BridgeResponse {
  try {
    return parseResponse(decodeBody(body, headers[HEADER.contentType]));
  } catch (error) {
    if (error instanceof ValidationError) throw invalidReply(error);
    throw error;
  }
}

/** The answer in a record; undefined when what stands there is none that can be read. */
export function readRecord({ body, headers }: StoredRecord): BridgeResponse | undefined {
  try {
    return parseResponse(decodeBody(body, headers[HEADER.contentType]));
  } catch {
    return undefined;
  }
}
