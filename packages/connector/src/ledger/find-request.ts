/** Whether a stream has the request of an idempotency key. */
import { type Connection, type ListOptions, storedMessages } from '@nats-bridge/messaging';
import { decodeHeaderValue, HEADER, type Headers } from '@nats-bridge/protocol';

/** How far the clocks of servers, bridges and workers may be apart, in milliseconds. */
export const CLOCKS_MS = 10_000;

export type RequestSearch = ListOptions & {
  readonly stream: string;
  readonly merchantId: string;
  readonly key: string;
  /** Whether it cannot come any more, behind a message with these headers. */
  readonly isBehind?: (headers: Headers) => boolean;
};

/** @throws when the stream cannot be read */
export async function hasRequest(connection: Connection, search: RequestSearch): Promise<boolean> {
  const { stream, merchantId, key, isBehind = () => false, ...options } = search;
  for await (const { headers } of storedMessages(connection, stream, options)) {
    if (isBehind(headers)) return false;
    const header = (name: string) => decodeHeaderValue(headers[name] ?? '');
    if (header(HEADER.idempotencyKey) === key && header(HEADER.merchantId) === merchantId) return true;
  }
  return false;
}
