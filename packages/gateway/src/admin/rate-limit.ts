/** How often somebody may ask: as many at once as he may in a second, and that many more each second. Pure in time. */

export type RateLimit = {
  /** @returns whether this one may pass */
  take(who: string): boolean;
  /** Whether the next one may not pass; takes nothing. */
  isSpent(who: string): boolean;
};

/** More are not remembered: who is forgotten begins with a full measure. */
const MOST_KNOWN = 10_000;

export function createRateLimit(perSecond: number, burst = perSecond, now = Date.now): RateLimit {
  const known = new Map<string, { left: number; at: number }>();
  const leftOf = (who: string, at: number) => {
    const before = known.get(who) ?? { left: burst, at };
    return Math.min(burst, before.left + ((at - before.at) / 1_000) * perSecond);
  };
  return {
    isSpent: (who) => leftOf(who, now()) < 1,
    take(who) {
      const at = now();
      const left = leftOf(who, at);
      known.delete(who);
      if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value ?? '');
      known.set(who, { left: left >= 1 ? left - 1 : left, at });
      return left >= 1;
    },
  };
}
