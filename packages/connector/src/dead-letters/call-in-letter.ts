/** The call that a letter is of, as the bridge knew it that sent it first: what is needed to tell its caller. */
import { BodyUnavailableError } from '@nats-bridge/messaging';
import { type BridgeRequest, operationRow, ValidationError } from '@nats-bridge/protocol';
import { createOpenArchived } from '../archive/archived-requests.js';
import type { NotedCall } from '../late-answers/late-note.js';
import type { NatsBridge } from '../nats-bridge.js';
import type { DeadLetter } from './dead-letter.js';

export function callOfRequest(
  { operation, router_data, correlation_id }: BridgeRequest,
  { idempotencyKey }: Pick<DeadLetter, 'idempotencyKey'>,
): NotedCall {
  return {
    operation,
    row: operationRow(operation),
    data: router_data,
    key: idempotencyKey === '' ? undefined : idempotencyKey,
    correlationId: correlation_id,
  };
}

/** @returns undefined where the request is gone, or cannot be read with what this bridge has */
export type ReadCallInLetter = (letter: DeadLetter) => Promise<NotedCall | undefined>;

export function createReadCallInLetter(bridge: Pick<NatsBridge, 'connection' | 'sealing'>): ReadCallInLetter {
  const open = createOpenArchived(bridge);
  return async (letter) => {
    const { original, requestHeaders: headers, body } = letter;
    if (body.length === 0) return undefined;
    try {
      return callOfRequest(await open({ subject: original.subject, headers, body }), letter);
    } catch (error) {
      if (error instanceof ValidationError || error instanceof BodyUnavailableError) return undefined;
      throw error;
    }
  };
}
