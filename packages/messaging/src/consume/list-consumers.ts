/** All consumers of a stream, and whether the server could ask each of them: nats.js does not say so. */
import { type ApiError, type ConsumerInfo, JetStreamApiError } from '@nats-io/jetstream';
import { apiSubject } from '../connection/api-subject.js';
import type { Connection } from '../connection/connection.js';

export type ConsumerList = {
  readonly consumers: readonly ConsumerInfo[];
  /**
   * False where a cluster leaves some out, or lists them as if they had delivered nothing: their server is gone, or did
   * not answer in time (nats-server, JSApiConsumerListResponse).
   */
  readonly isWhole: boolean;
};

type Page = {
  readonly total: number;
  readonly limit: number;
  readonly consumers?: readonly ConsumerInfo[] | null;
  readonly missing?: readonly string[] | null;
  readonly error?: ApiError;
};

const TIMEOUT_MS = 5_000;

/** @throws JetStreamApiError with what the server says; the client's own when nobody answers */
export async function listConsumers(connection: Connection, stream: string): Promise<ConsumerList> {
  const nats = await connection.get();
  const subject = apiSubject(connection, `CONSUMER.LIST.${stream}`);
  const consumers: ConsumerInfo[] = [];
  let isWhole = true;
  for (let offset = 0; ; ) {
    const reply = await nats.request(subject, JSON.stringify({ offset }), { timeout: TIMEOUT_MS });
    const { total, limit, consumers: found, missing, error } = reply.json<Page>();
    if (error !== undefined) throw new JetStreamApiError(error);
    consumers.push(...(found ?? []));
    isWhole &&= (missing ?? []).length === 0;
    offset += limit;
    if (!(offset < total)) return { consumers, isWhole };
  }
}
