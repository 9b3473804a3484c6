/** Which dispute a request is about. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import { Refusal } from '../call/refusal.js';
import { firstText } from './request-reader.js';

/** @throws Refusal when it names none */
export function disputeIdOf(request: BridgeRequest): string {
  const id = firstText(request, ['connector_dispute_id'], ['dispute_id']);
  if (id === undefined) throw new Refusal('resource_missing', 'The request names no dispute_id');
  return id;
}
