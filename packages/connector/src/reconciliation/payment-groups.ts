/** Which operations are asked about, with all others of the same payment: only together they say how it should stand. */
import { storedMessages } from '@nats-bridge/messaging';
import {
  movesMoney,
  type Operation,
  operationInKey,
  parseRecord,
  parseRecordSubject,
  RECORD_STREAM,
  recordPattern,
} from '@nats-bridge/protocol';
import { type ArchiveFilter, archivedRequests, isWanted } from '../archive/archived-requests.js';
import { CLOCKS_MS } from '../ledger/find-request.js';
import type { NatsBridge } from '../nats-bridge.js';

export type GroupedOperation = {
  readonly operation: Operation;
  readonly key: string;
  readonly paymentId: string;
  readonly at: Date;
  /** Of its newest request in the archive; undefined where that has it no longer. */
  readonly archiveSeq: number | undefined;
  /** Whether the filter chose it. */
  readonly isChosen: boolean;
};

/** The operations of one attempt, or of one refund or payout. */
export type PaymentGroup = {
  /** The same each time. */
  readonly name: string;
  readonly merchantId: string;
  readonly operations: readonly GroupedOperation[];
};

type Growing = { readonly merchantId: string; readonly operations: Map<string, GroupedOperation> };

/** @returns in the order in which they began; light: no bodies */
export async function paymentGroups(
  bridge: Pick<NatsBridge, 'config' | 'connection'>,
  filter: ArchiveFilter,
): Promise<readonly PaymentGroup[]> {
  const groups = new Map<string, Growing>();
  const isInWindow = (at: Date) =>
    (filter.since === undefined || at >= filter.since) && (filter.until === undefined || at < filter.until);

  function put(merchantId: string, operation: GroupedOperation): void {
    const name = nameOf(merchantId, operation.key);
    const group = groups.get(name) ?? { merchantId, operations: new Map() };
    groups.set(name, group);
    const before = group.operations.get(operation.key);
    group.operations.set(operation.key, {
      ...operation,
      at: before?.at ?? operation.at,
      isChosen: operation.isChosen || before?.isChosen === true,
    });
  }

  for await (const request of archivedRequests(bridge, {
    ...aroundWindow(filter),
    merchantId: filter.merchantId,
  })) {
    const { operation, idempotencyKey: key, merchantId, paymentId, at, seq } = request;
    if (key === '' || !movesMoney(operation)) continue;
    const isChosen = isInWindow(at) && isWanted(request, filter);
    put(merchantId, { operation, key, paymentId, at, archiveSeq: seq, isChosen });
  }
  // All there is: what came before the window, and after it, says how the payment should stand.
  const subject = recordPattern(filter.merchantId);
  for await (const stored of storedMessages(bridge.connection, RECORD_STREAM, { subject })) {
    const ids = parseRecordSubject(stored.subject);
    if (ids === undefined) continue;
    const { merchantId, idempotencyKey: key } = ids;
    const operation = operationInKey(key);
    const group = groups.get(nameOf(merchantId, key));
    if (!movesMoney(operation) || group?.operations.get(key)?.archiveSeq !== undefined) continue;
    const record = parseRecord(stored.headers, stored.seq, stored.storedAt.getTime());
    const at = new Date(record.requestedAt ?? record.at);
    const paymentId = record.paymentId ?? '';
    const isChosen = isInWindow(at) && isWanted({ merchantId, operation, paymentId }, filter);
    if (isChosen || group !== undefined)
      put(merchantId, { operation, key, paymentId, at, archiveSeq: undefined, isChosen });
  }
  return [...groups]
    .map(([name, { merchantId, operations }]) => ({ name, merchantId, operations: [...operations.values()] }))
    .filter(({ operations }) => operations.some(({ isChosen }) => isChosen));
}

/** By what a key's operation is done to: the attempt, the refund or the payout. */
function nameOf(merchantId: string, key: string): string {
  return `${merchantId}\n${key.split(':')[1] ?? key}`;
}

/** The archive's time is later than the ledger's for the same request: what is near the edge is in one of them. */
function aroundWindow({ since, until }: ArchiveFilter): Pick<ArchiveFilter, 'since' | 'until'> {
  return {
    ...(since && { since: new Date(since.getTime() - CLOCKS_MS) }),
    ...(until && { until: new Date(until.getTime() + CLOCKS_MS) }),
  };
}
