/** What the micro services of an account say of themselves (ADR-32, `$SRV.STATS`). */
import { errors } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';

export type ServiceStatistics = {
  readonly name: string;
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly endpoints: readonly {
    readonly name: string;
    /** Requests since it started, and those that failed; undefined where it does not say. */
    readonly requests: number | undefined;
    readonly errors: number | undefined;
    /** What the service adds of its own. */
    readonly data: unknown;
  }[];
};

/** Services answer within milliseconds; after this long without a further answer nobody else is expected. */
const STALL_MS = 100;

/** Asks all of them at once. @param withinMs how long at most */
export async function readServiceStatistics(
  connection: Connection,
  withinMs: number,
): Promise<ServiceStatistics[]> {
  const found: ServiceStatistics[] = [];
  const nats = connection.current ?? (await connection.get());
  const replies = await nats.requestMany('$SRV.STATS', undefined, {
    strategy: 'stall',
    stall: STALL_MS,
    maxWait: withinMs,
  });
  try {
    for await (const reply of replies) {
      const statistics = read(reply.string());
      if (statistics !== undefined) found.push(statistics);
    }
  } catch (error) {
    if (found.length === 0 && !isNoResponders(error)) throw error;
  }
  return found;
}

/** Anybody may answer there: what is not in the form of ADR-32 is passed over. */
function read(text: string): ServiceStatistics | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { name, id, metadata, endpoints } = (said ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof id !== 'string') return undefined;
  return {
    name,
    id,
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    endpoints: (Array.isArray(endpoints) ? endpoints : []).flatMap((endpoint: unknown) => {
      const said = (endpoint ?? {}) as Readonly<Record<string, unknown>>;
      const { name: endpointName, num_requests, num_errors, data } = said;
      return typeof endpointName === 'string'
        ? [{ name: endpointName, requests: countOf(num_requests), errors: countOf(num_errors), data }]
        : [];
    }),
  };
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

/** nats.js wraps it in some ways of asking and not in others. */
function isNoResponders(error: unknown): boolean {
  return (
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.isNoResponders())
  );
}
