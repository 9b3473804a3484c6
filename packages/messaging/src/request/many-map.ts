/** A map whose keys nearly always have one value and sometimes several: one costs no array to keep. */
import { PassingMap } from '@nats-bridge/protocol';

const NONE: readonly never[] = Object.freeze([]);

/** Values must not be arrays. */
export class ManyMap<K, V extends object> {
  readonly #entries = new PassingMap<K, V | readonly V[]>();

  add(key: K, value: V): void {
    const have = this.#entries.get(key);
    this.#entries.set(key, have === undefined ? value : [...asList(have), value]);
  }

  /** Unaffected by later additions and deletions. */
  get(key: K): readonly V[] {
    const have = this.#entries.get(key);
    return have === undefined ? NONE : asList(have);
  }

  delete(key: K, value: V): void {
    const have = this.#entries.get(key);
    if (have === value) {
      this.#entries.delete(key);
    } else if (have !== undefined) {
      const left = asList(have).filter((one) => one !== value);
      if (left.length === 0) this.#entries.delete(key);
      else this.#entries.set(key, left);
    }
  }
}

function asList<V extends object>(have: V | readonly V[]): readonly V[] {
  return Array.isArray(have) ? have : [have as V];
}
