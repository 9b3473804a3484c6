/** A closed loop: so many payments in flight, each lane sends its next when the last is answered. */

export type Load = {
  readonly inFlight: number;
  /** Begins no payment after this many milliseconds; left out for no such limit. */
  readonly ms?: number;
  /** Begins no payment after this many; left out for no such limit. */
  readonly payments?: number;
};

export type LoadResult = {
  readonly payments: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/** @param send carries one payment, and throws when it was not answered well */
export async function runLoad(load: Load, send: () => Promise<void>): Promise<LoadResult> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const endAt = startedAt + (load.ms ?? Number.POSITIVE_INFINITY);
  const most = load.payments ?? Number.POSITIVE_INFINITY;
  let begun = 0;
  let failed = 0;

  async function lane(): Promise<void> {
    for (;;) {
      const sentAt = performance.now();
      if (sentAt >= endAt || begun >= most) return;
      begun++;
      try {
        await send();
        latencies.push(performance.now() - sentAt);
      } catch (error) {
        // A benchmark that fails throughout must say so instead of measuring how fast it fails.
        if (++failed > 100) throw error;
      }
    }
  }

  await Promise.all(Array.from({ length: load.inFlight }, lane));
  const seconds = (performance.now() - startedAt) / 1_000;
  if (latencies.length === 0) throw new Error('no payment was answered');
  const sorted = Float64Array.from(latencies).sort();
  return {
    payments: sorted.length,
    failed,
    perSecond: sorted.length / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
}

export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
