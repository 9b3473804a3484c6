/** A map whose keys nearly always have one value and sometimes several. */

const NONE: readonly never[] = Object.freeze([]);

export class ManyMap<K, V> {
  readonly #entries = new Map<K, readonly V[]>();

  add(key: K, value: V): void {
    const have = this.#entries.get(key);
    this.#entries.set(key, have === undefined ? [value] : [...have, value]);
  }

  /** Unaffected by later additions and deletions. */
  get(key: K): readonly V[] {
    return this.#entries.get(key) ?? NONE;
  }

  delete(key: K, value: V): void {
    const have = this.#entries.get(key);
    if (have === undefined) return;
    if (have.length === 1 && have[0] === value) this.#entries.delete(key);
    else
      this.#entries.set(
        key,
        have.filter((one) => one !== value),
      );
  }
}
