/** The sandbox's memory: a NATS key-value bucket that all its replicas share. */
import { createHash } from 'node:crypto';
import type { Connection } from '@nats-bridge/messaging';
import { type KV, Kvm } from '@nats-io/kv';

export type Store = {
  read<T>(kind: string, id: string): Promise<T | undefined>;
  /** Makes an entry unless there is one. @returns the entry that stands, and whether this call made it */
  create<T>(kind: string, id: string, value: T): Promise<{ readonly value: T; readonly isNew: boolean }>;
  /**
   * Changes an entry as if nobody else did: the change runs again when somebody was faster. What gives back the
   * value it got only reads.
   */
  update<T, R>(
    kind: string,
    id: string,
    change: (value: T) => { readonly value: T; readonly result: R },
  ): Promise<R | undefined>;
};

const RETENTION_MS = 7 * 86_400_000;

export function createStore(connection: Connection, bucketName = 'sandbox'): Store {
  let opening: Promise<KV> | undefined;
  const bucket = () => {
    opening ??= connection
      .get()
      .then((nats) => new Kvm(nats).create(bucketName, { history: 1, ttl: RETENTION_MS }))
      .catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    return opening;
  };

  return {
    async read(kind, id) {
      const entry = await (await bucket()).get(keyOf(kind, id));
      return entry === null || entry.operation !== 'PUT' ? undefined : entry.json();
    },
    async create(kind, id, value) {
      const kv = await bucket();
      try {
        await kv.create(keyOf(kind, id), JSON.stringify(value));
        return { value, isNew: true };
      } catch (error) {
        const entry = await kv.get(keyOf(kind, id));
        if (entry === null) throw error;
        return { value: entry.json(), isNew: false };
      }
    },
    async update<T, R>(
      kind: string,
      id: string,
      change: (value: T) => { readonly value: T; readonly result: R },
    ) {
      const kv = await bucket();
      for (;;) {
        const entry = await kv.get(keyOf(kind, id));
        if (entry === null || entry.operation !== 'PUT') return undefined;
        const before = entry.json<T>();
        const { value, result } = change(before);
        if (value === before) return result;
        try {
          await kv.update(keyOf(kind, id), JSON.stringify(value), entry.revision);
          return result;
        } catch (error) {
          const now = await kv.get(keyOf(kind, id));
          if (now?.revision === entry.revision) throw error; // nobody was faster: something else is wrong
        }
      }
    },
  };
}

/** Ids come from outside and may hold anything; keys may not. */
function keyOf(kind: string, id: string): string {
  return `${kind}.${digest(id)}`;
}

/** A short stable name for something. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
