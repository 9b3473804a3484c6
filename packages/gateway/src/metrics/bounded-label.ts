/** Keeps the values of a label few: each makes a time series of its own, and a caller can send any. */

/** @returns the value itself for the first `most` that look like a name, `other` for everything else */
export type BoundedLabel = (value: string) => string;

export const OTHER = 'other';

/** Names of connectors, workers and consumers; ids of payments and merchants have no place in a label. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

export function createBoundedLabel(most: number): BoundedLabel {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most || !NAME.test(value)) return OTHER;
    known.add(value);
    return value;
  };
}
