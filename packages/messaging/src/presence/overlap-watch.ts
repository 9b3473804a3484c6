/** Looks for consumers that would each execute the same request: every one of them gets a copy of its own. */
import { overlaps } from '@nats-bridge/protocol';
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { filtersOf } from '../consume/takes-subject.js';
import { isRead } from './presence.js';

/** Two consumers of a stream, both read, that have a subject in common. */
export type Overlap = { readonly consumers: readonly [string, string]; readonly subject: string };

/** Pure. @param consumers of one stream */
export function overlapsOf(consumers: readonly ConsumerInfo[]): Overlap[] {
  const read = consumers.filter(isRead).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const found: Overlap[] = [];
  for (const [index, one] of read.entries())
    for (const other of read.slice(index + 1)) {
      const subject = commonSubject(filtersOf(one), filtersOf(other));
      if (subject !== undefined) found.push({ consumers: [one.name, other.name], subject });
    }
  return found;
}

function commonSubject(some: readonly string[], others: readonly string[]): string | undefined {
  return some.find((filter) => others.some((other) => overlaps(filter, other)));
}

export type OverlapWatchOptions = {
  readonly stream: string;
  /** Default 5 000. */
  readonly everyMs?: number;
  /** Told once of each pair, and again when it had been gone. */
  readonly onOverlap: (overlap: Overlap) => void;
};

/** @returns what ends it. Nothing is asked while there is no connection. */
export function watchOverlaps(connection: Connection, options: OverlapWatchOptions): () => void {
  let known = new Set<string>();

  async function look(): Promise<void> {
    if (connection.current === undefined) return;
    const manager = await managerOf(connection);
    const consumers: ConsumerInfo[] = [];
    for await (const consumer of manager.consumers.list(options.stream)) consumers.push(consumer);
    const seen = new Set<string>();
    for (const overlap of overlapsOf(consumers)) {
      const id = overlap.consumers.join(' ');
      seen.add(id);
      if (!known.has(id)) options.onOverlap(overlap);
    }
    known = seen;
  }

  const timer = setInterval(() => void look().catch(() => {}), options.everyMs ?? 5_000);
  timer.unref();
  void look().catch(() => {}); // a server that does not answer is asked again
  return () => clearInterval(timer);
}
