/** The requests of many operations in the archive: by their place, or by their time where the record names no place. */
import { archivedMessages } from '@nats-bridge/messaging';
import { isOfKey } from '@nats-bridge/protocol';
import { type ArchivedRequest, archivedRequests } from '../archive/archived-requests.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import type { OperationView } from './operation-view.js';

export type FoundRequest = Pick<ArchivedRequest, 'subject' | 'headers' | 'body'>;
type World = Pick<NatsBridge, 'config' | 'connection'>;

/**
 * Reads a few messages for each operation, wherever it stands; those whose request is gone are left out.
 *
 * @throws when the archive cannot be read
 */
export async function findRequests(
  world: World,
  operations: readonly OperationView[],
): Promise<ReadonlyMap<OperationView, FoundRequest>> {
  const [placed, timed] = await Promise.all([byPlace(world, operations), byTime(world, operations)]);
  return new Map([...placed, ...timed]);
}

async function byPlace(
  { config, connection }: World,
  operations: readonly OperationView[],
): Promise<ReadonlyMap<OperationView, FoundRequest>> {
  const seqs = operations.flatMap(({ requestSeq = [] }) => requestSeq);
  const copies = await archivedMessages(connection, archiveNameOf(config), seqs);
  const found = new Map<OperationView, FoundRequest>();
  for (const operation of operations) {
    const { requestSeq = 0, merchantId, idempotencyKey } = operation;
    const copy = copies.get(requestSeq);
    // A stream that was made again may have given the place to another.
    if (copy !== undefined && isOfKey(copy.headers, merchantId, idempotencyKey)) found.set(operation, copy);
  }
  return found;
}

/** How long before its time a request is looked for, as clocks differ, and how long after, as an archive is behind. */
const BEFORE_MS = 2_000;
const AFTER_MS = 5_000;
/** Requests that are no further apart are looked for in one walk. */
const TOGETHER_MS = 10_000;
/** Messages of one walk. */
const MOST_WALKED = 2_000;

/** Workers that keep no record leave it to the bridge, which announces a request before it has a place. */
async function byTime(
  world: World,
  operations: readonly OperationView[],
): Promise<ReadonlyMap<OperationView, FoundRequest>> {
  const found = new Map<OperationView, FoundRequest>();
  for (const walk of walksOf(operations.filter(isTimed))) {
    const left = new Map(walk.map((operation) => [nameOf(operation), operation]));
    let walked = 0;
    for await (const request of archivedRequests(world, rangeOf(walk))) {
      const operation = left.get(nameOf(request));
      if (operation !== undefined && request.at.getTime() >= operation.requestedAt - BEFORE_MS) {
        found.set(operation, request);
        left.delete(nameOf(request));
      }
      if (left.size === 0 || ++walked === MOST_WALKED) break;
    }
  }
  return found;
}

type Timed = OperationView & { readonly requestedAt: number };

function isTimed(operation: OperationView): operation is Timed {
  return operation.requestSeq === undefined && operation.requestedAt !== undefined;
}

function walksOf(operations: readonly Timed[]): readonly (readonly Timed[])[] {
  const walks: Timed[][] = [];
  for (const operation of operations.toSorted((a, b) => a.requestedAt - b.requestedAt)) {
    const walk = walks.at(-1);
    const last = walk?.at(-1);
    if (last !== undefined && operation.requestedAt - last.requestedAt <= TOGETHER_MS) walk?.push(operation);
    else walks.push([operation]);
  }
  return walks;
}

function rangeOf(walk: readonly Timed[]) {
  const [first, last] = [walk[0], walk.at(-1)];
  const isOfOne = walk.every(({ merchantId }) => merchantId === first?.merchantId);
  return {
    since: new Date((first?.requestedAt ?? 0) - BEFORE_MS),
    until: new Date((last?.requestedAt ?? 0) + AFTER_MS),
    ...(isOfOne && first !== undefined && { merchantId: first.merchantId }),
  };
}

function nameOf({
  merchantId,
  idempotencyKey,
}: Pick<OperationView, 'merchantId' | 'idempotencyKey'>): string {
  return `${merchantId}\n${idempotencyKey}`;
}
