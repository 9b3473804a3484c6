/**
 * Requests of the past with how they ended, to be read again by who counts or compares them. Never whole: who reads a
 * replay needs no card number and no credential. Nothing is executed.
 */
import { lastMessage } from '@nats-bridge/messaging';
import { isoTime, maskRequest, RECORD_STREAM, type RecordState, recordSubject } from '@nats-bridge/protocol';
import type { NatsBridge } from '../nats-bridge.js';
import { type OperationView, operationViewOf } from '../payments/operation-view.js';
import {
  type ArchivedRequest,
  type ArchiveFilter,
  archivedRequests,
  createOpenArchived,
  type OpenArchived,
} from './archived-requests.js';

/**
 * What the ledger says became of it: the status of its answer, `answered` where that cannot be read, how far it has
 * come else; `none` without a record, as questions are.
 */
export type ReplayOutcome = 'success' | 'failure' | 'processing' | RecordState | 'none';

export const REPLAY_OUTCOMES: readonly ReplayOutcome[] = [
  ...(['success', 'failure', 'processing', 'withdrawn', 'claimed', 'sent', 'answered', 'none'] as const),
];

export type ReplayFilter = Omit<ArchiveFilter, 'fromSeq'> & {
  /** As Hyperswitch names it; what cannot be opened has none. */
  readonly connector?: string;
  /** Default: all. */
  readonly outcomes?: readonly ReplayOutcome[];
  /** Only what stands behind this sequence of the archive. */
  readonly afterSeq?: number;
};

/** A line of JSON, in the words of the contract. */
export type ReplayedRequest = {
  /** Of the archive. */
  readonly seq: number;
  /** ISO 8601; when the archive stored it. */
  readonly at: string;
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly operation: string;
  readonly idempotency_key: string;
  readonly connector?: string;
  readonly outcome: ReplayOutcome;
  readonly transaction_id?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** Why it was withdrawn, or how the last attempt failed. */
  readonly reason?: string;
  /** When the ledger wrote that; ISO 8601. */
  readonly outcome_at?: string;
  /** The request with everything masked that is not known to be harmless; null where it cannot be opened. */
  readonly request: unknown;
  /** Why it cannot. */
  readonly unreadable?: string;
};

/** In the order in which they were sent. @throws when the streams cannot be read */
export async function* replayedRequests(
  bridge: Pick<NatsBridge, 'config' | 'connection' | 'sealing'>,
  { connector, outcomes, afterSeq = 0, ...filter }: ReplayFilter = {},
): AsyncGenerator<ReplayedRequest> {
  const open = createOpenArchived(bridge);
  for await (const request of archivedRequests(bridge, { ...filter, fromSeq: afterSeq + 1 })) {
    const view = await viewOf(bridge, request);
    const outcome = outcomeOf(view);
    if (outcomes !== undefined && !outcomes.includes(outcome)) continue;
    const shown = await shownOf(open, request);
    if (connector !== undefined && shown.connector !== connector) continue;
    yield {
      seq: request.seq,
      at: request.at.toISOString(),
      merchant_id: request.merchantId,
      payment_id: request.paymentId,
      operation: request.operation,
      idempotency_key: request.idempotencyKey,
      outcome,
      transaction_id: view?.transactionId,
      error: view?.error,
      reason: view?.reason,
      outcome_at: view && isoTime(view.at),
      ...shown,
    };
  }
}

async function viewOf(
  { connection, sealing }: Pick<NatsBridge, 'connection' | 'sealing'>,
  { merchantId, idempotencyKey }: ArchivedRequest,
): Promise<OperationView | undefined> {
  if (merchantId === '' || idempotencyKey === '') return undefined;
  const stored = await lastMessage(connection, RECORD_STREAM, recordSubject(merchantId, idempotencyKey));
  return stored && operationViewOf(stored, sealing);
}

function outcomeOf(view: OperationView | undefined): ReplayOutcome {
  if (view === undefined) return 'none';
  const { status } = view;
  return status === 'success' || status === 'failure' || status === 'processing' ? status : view.state;
}

async function shownOf(
  open: OpenArchived,
  request: ArchivedRequest,
): Promise<Pick<ReplayedRequest, 'connector' | 'request' | 'unreadable'>> {
  try {
    const opened = await open(request);
    return { connector: opened.router_data.connector, request: maskRequest(opened) };
  } catch (error) {
    return { request: null, unreadable: (error as Error).message };
  }
}
