/** A question about an operation whose id never reached the caller, and how a worker says that it cannot answer it. */
import { type BridgeResponse, idempotencyKey } from '@nats-bridge/protocol';
import type { Exchange } from '../call/exchange.js';
import { keysBehindId } from '../ledger/keys-behind-id.js';

/**
 * The keys under which the answer may stand; none for who asks with an id of the processor, asks workers alone, or asks
 * nothing.
 */
export function keysInDoubt({ operation, data, isForWorkersAlone }: Exchange): readonly string[] {
  if (isForWorkersAlone) return [];
  if (operation === 'sync') return keysBehindId(String(data.request.connector_transaction_id ?? ''), data);
  if (operation === 'refund_sync') {
    const id = String(data.request.connector_refund_id || data.request.refund_id || '');
    if (id !== '') return keysBehindId(id, data);
    const key = idempotencyKey('refund', data);
    return key === undefined ? [] : [key];
  }
  return [];
}

const NOT_KNOWN = {
  codes: new Set(['resource_missing', 'not_found']),
  statuses: new Set(['UNRESOLVED', 'PAYMENT_STATUS_UNSPECIFIED', 'REFUND_STATUS_UNSPECIFIED']),
};

/** Whether a worker says that the id means nothing to it. */
export function isNotKnown({ error, attempt_status, refund_status }: BridgeResponse): boolean {
  const named = (attempt_status ?? refund_status ?? '').toUpperCase();
  return NOT_KNOWN.codes.has(error?.code ?? '') || NOT_KNOWN.statuses.has(named);
}
