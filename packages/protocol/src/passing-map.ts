/** A map for what comes and soon goes again, such as requests that wait for their answers. */

/** Entries that may come before the map is made anew; with more in it, as many as it has. */
const LEAST = 64;

/**
 * When V8 makes room in a `Map`, it leaves the old table behind with a link to the new one. Once one of these tables
 * is old, each table after it is kept alive by the one before, with every entry that was in it, until a full
 * collection: under load most of what a payment needs is copied and moved to the old generation for nothing, which
 * doubles the time of the collector (docs/performance.md). A map that is copied before that has no such chain.
 */
export class PassingMap<K, V> {
  #entries = new Map<K, V>();
  #came = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** Not while somebody goes through the map: he may go on through the entries of before, deleted ones too. */
  set(key: K, value: V): void {
    const before = this.#entries.size;
    this.#entries.set(key, value);
    if (this.#entries.size === before || ++this.#came <= Math.max(LEAST, before)) return;
    this.#entries = new Map(this.#entries);
    this.#came = 0;
  }

  /** @returns whether it was there */
  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries = new Map();
  }

  /** Oldest first. */
  forEach(each: (value: V, key: K) => void): void {
    for (const [key, value] of this.#entries) each(value, key);
  }

  /** Oldest first. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  /** Oldest first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }
}
