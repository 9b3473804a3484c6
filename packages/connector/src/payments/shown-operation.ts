/** An operation as programs see it, at the command line and over the admin API. */
import { isoTime, type RecordState } from '@nats-bridge/protocol';
import type { OperationView } from './operation-view.js';

/** What an answer may say of how it ended; a worker's own words are left out. */
const STATUSES = ['success', 'failure', 'processing'] as const;
type Status = (typeof STATUSES)[number];

/** Times are ISO 8601, UTC. */
export type ShownOperation = {
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly idempotency_key: string;
  readonly operation: string;
  readonly state: RecordState;
  readonly status?: Status;
  /** When it came to this state. */
  readonly at: string;
  readonly requested_at?: string;
  readonly attempts: number;
  readonly worker?: string;
  readonly correlation_id?: string;
  /** From the stream to the answer. */
  readonly duration_ms?: number;
};

export function shownOperation(view: OperationView): ShownOperation {
  const { state, at, requestedAt, attempts, worker, correlationId } = view;
  const status = STATUSES.find((known) => known === view.status);
  return {
    merchant_id: view.merchantId,
    payment_id: view.paymentId,
    idempotency_key: view.idempotencyKey,
    operation: view.operation,
    state,
    ...(status !== undefined && { status }),
    at: isoTime(at),
    ...(requestedAt !== undefined && { requested_at: isoTime(requestedAt) }),
    attempts,
    ...(worker !== undefined && { worker }),
    ...(correlationId !== undefined && { correlation_id: correlationId }),
    ...(state === 'answered' && requestedAt !== undefined && { duration_ms: Math.max(0, at - requestedAt) }),
  };
}
