/** A value that cannot be printed by accident. */
import { inspect } from 'node:util';

const MASK = '[secret]';

/** Wraps a credential or card datum; `reveal()` is the only way out, and is easy to search for. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
