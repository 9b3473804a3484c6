/** Amount and connector of operations, as their requests say them: nothing else of a payment is in the clear. */
import { maskRequest, oldestBeyond, within } from '@nats-bridge/protocol';
import { createOpenArchived, type OpenArchived } from '../archive/archived-requests.js';
import type { NatsBridge } from '../nats-bridge.js';
import { createGiveTurns } from '../pacing/give-turns.js';
import { type FoundRequest, findRequests } from './find-requests.js';
import { amountAsked, type Money } from './money.js';
import type { OperationView } from './operation-view.js';

export type Requested = {
  /** As Hyperswitch names it. */
  readonly connector?: string;
  /** undefined where the operation has none, as most that void. */
  readonly amount?: Money;
};

/**
 * In the order of the operations; with nothing in it where the request is gone, or cannot be opened here. Never
 * rejects, and takes two seconds at most: what was not read by then is there the next time.
 */
export type ReadRequested = (operations: readonly OperationView[]) => Promise<readonly Requested[]>;

export type ReadRequestedOptions = {
  /** Operations whose requests need not be read again, and up to a tenth more; about 200 bytes each. Default 50 000. */
  readonly mostKept?: number;
  readonly now?: () => number;
};

const NOTHING: Requested = {};
const MOST_MS = 2_000;
/** What is not in the archive so long after it was asked for does not come any more. */
const SETTLED_MS = 60_000;

export function createReadRequested(
  bridge: Pick<NatsBridge, 'config' | 'connection' | 'sealing'>,
  { mostKept = 50_000, now = Date.now }: ReadRequestedOptions = {},
): ReadRequested {
  const open = createOpenArchived(bridge);
  const known = new Map<string, Requested>();

  async function read(operations: readonly OperationView[]): Promise<void> {
    const requests = await findRequests(bridge, operations);
    const giveTurns = createGiveTurns();
    for (const operation of operations) {
      const requested = await requestedIn(open, requests.get(operation));
      if (requested !== undefined) known.set(nameOf(operation), requested);
      else if (now() - operation.at > SETTLED_MS) known.set(nameOf(operation), NOTHING);
      await giveTurns();
    }
    for (const oldest of oldestBeyond(known, mostKept)) known.delete(oldest);
  }

  return async (operations) => {
    const unread = operations.filter((operation) => !known.has(nameOf(operation)));
    // Without a connection, or an archive, the list is there all the same.
    if (unread.length > 0 && bridge.connection.current !== undefined)
      await within(
        MOST_MS,
        read(unread).catch(() => {}),
      );
    return operations.map((operation) => known.get(nameOf(operation)) ?? NOTHING);
  };
}

/** A request that was mended and sent again has another place and time. */
function nameOf({ merchantId, idempotencyKey, requestSeq, requestedAt }: OperationView): string {
  return `${merchantId}\n${idempotencyKey}\n${requestSeq ?? requestedAt}`;
}

/** Masked as everything that is shown of a request, so that nobody brings anything else here in its place. */
async function requestedIn(
  open: OpenArchived,
  request: FoundRequest | undefined,
): Promise<Requested | undefined> {
  const opened = request && (await open(request).catch(() => undefined));
  if (opened === undefined) return undefined;
  const { router_data } = maskRequest(opened) as Pick<typeof opened, 'router_data'>;
  const amount = amountAsked(router_data.request);
  return { connector: router_data.connector, ...(amount !== undefined && { amount }) };
}
