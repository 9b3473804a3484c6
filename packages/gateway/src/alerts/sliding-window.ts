/** The values that something had within the last while: by how much it has grown, and what the most was. */

export type SlidingWindow = {
  /** @param at milliseconds, never less than before */
  add(at: number, value: number): void;
  /** Of a count that only grows: by how much, since the oldest value in the window. */
  increase(): number;
  /** 0 without any. */
  most(): number;
  /** When a value was added last. */
  lastAt(): number;
};

/** Values that follow each other and are the same take one place. */
type Run = { readonly value: number; until: number };

export function createSlidingWindow(lengthMs: number): SlidingWindow {
  const runs: Run[] = [];
  return {
    add(at, value) {
      const last = runs.at(-1);
      if (last?.value === value) last.until = at;
      else runs.push({ value, until: at });
      while ((runs[0]?.until ?? at) < at - lengthMs) runs.shift();
    },
    increase: () => (runs.at(-1)?.value ?? 0) - (runs[0]?.value ?? 0),
    most: () => Math.max(0, ...runs.map(({ value }) => value)),
    lastAt: () => runs.at(-1)?.until ?? Number.NEGATIVE_INFINITY,
  };
}
