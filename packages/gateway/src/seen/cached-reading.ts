/** A reading of something slow that never holds up who asks: shared, kept for a moment, and given up in time. */
import { within } from '@nats-bridge/protocol';

export type CachedReading<T> = {
  /** What was read last, if that is recent, or is read now, if that is soon; else undefined. Never rejects. */
  get(): Promise<T | undefined>;
};

export type CachedReadingOptions = {
  /** How long a reading is taken for current, in milliseconds. */
  readonly maxAgeMs: number;
  /** How long somebody may wait for a new one, in milliseconds. */
  readonly timeoutMs: number;
  readonly now?: () => number;
};

export function createCachedReading<T>(
  read: () => Promise<T> | undefined,
  { maxAgeMs, timeoutMs, now = () => performance.now() }: CachedReadingOptions,
): CachedReading<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  /** One at a time: a server that hangs gets one question, however often metrics are scraped. */
  let reading: Promise<T | undefined> | undefined;

  async function readNow(): Promise<T | undefined> {
    const value = await read();
    if (value !== undefined) last = { value, at: now() };
    return value;
  }

  return {
    async get() {
      if (last !== undefined && now() - last.at <= maxAgeMs) return last.value;
      reading ??= readNow()
        .catch(() => undefined)
        .finally(() => {
          reading = undefined;
        });
      return within(timeoutMs, reading);
    },
  };
}
