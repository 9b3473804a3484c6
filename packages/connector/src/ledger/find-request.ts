/** The request of an idempotency key, in the work stream or in its archive. */
import { type Connection, type ListOptions, type StoredRecord, storedMessages } from '@nats-bridge/messaging';
import { deadlineIn, type Headers, isOfKey, paymentPattern, retryIn } from '@nats-bridge/protocol';
import { type BridgeConfig, LONGEST_TIMEOUT_MS } from '../config/bridge-config.js';

/** How far the clocks of servers, bridges and workers may be apart, in milliseconds. */
export const CLOCKS_MS = 10_000;

export type RequestSearch = ListOptions & {
  readonly stream: string;
  readonly merchantId: string;
  readonly key: string;
  /** How often a person had it sent again; left out: whichever comes first. */
  readonly retry?: number;
  /** Whether it cannot come any more, behind a message with these headers. */
  readonly isBehind?: (headers: Headers) => boolean;
};

/** @throws when the stream cannot be read */
export async function findRequest(
  connection: Connection,
  search: RequestSearch,
): Promise<StoredRecord | undefined> {
  const { stream, merchantId, key, retry, isBehind = () => false, ...options } = search;
  for await (const stored of storedMessages(connection, stream, options)) {
    const { headers } = stored;
    if (isBehind(headers)) return undefined;
    if (!isOfKey(headers, merchantId, key)) continue;
    if (retry === undefined || retryIn(headers) === retry) return stored;
  }
  return undefined;
}

/**
 * What was sent between two times; milliseconds since the epoch, by clocks that may differ by {@link CLOCKS_MS}.
 *
 * @returns all of a search but the stream
 */
export function sentBetween(
  config: BridgeConfig,
  merchantId: string,
  key: string,
  [from, until]: readonly [from: number, until: number],
): Omit<RequestSearch, 'stream'> {
  return {
    merchantId,
    key,
    subject: requestSubjectsOf(config, merchantId),
    since: new Date(from - CLOCKS_MS),
    isBehind: (headers) => sentAfter(headers) > until + CLOCKS_MS,
  };
}

/**
 * Where a merchant's requests may be, in whatever pool the merchant was then. Subjects that are configured may have
 * been others: there every one is looked at.
 */
export function requestSubjectsOf(
  { subjects }: Pick<BridgeConfig, 'subjects'>,
  merchantId: string,
): string | undefined {
  const isDefault = Object.keys(subjects).length === 0;
  return isDefault ? paymentPattern(merchantId) : undefined;
}

/**
 * A time at which a request had not been sent yet, by its deadline. That of its copy in the archive says nothing: the
 * archive may have been behind.
 */
function sentAfter(headers: Headers): number {
  return deadlineIn(headers) - LONGEST_TIMEOUT_MS;
}
