/** What a seed has in store for a key: how long the processor works on it, whether it declines, where a worker dies or freezes. */
import { coin } from './random.js';

/** One in so many operations meets each of them, on its first attempt. */
const STEP_SHARE = 0.006;
const SLOW_SHARE = 0.08;
const DECLINE_SHARE = 0.05;
const LONGEST_USUAL_MS = 40;

/** Where the first attempt of this key dies or freezes, if anywhere. */
export function stepOf(key: string, kinds: readonly string[], seed: number): string | undefined {
  return kinds[Math.floor(coin(`step ${key}`, seed) / STEP_SHARE)];
}

/** How long the processor has it in hand. */
export function workMs(key: string, seed: number): number {
  const share = coin(`work ${key}`, seed);
  return Math.round(isSlow(key, seed) ? 400 + 300 * share : 5 + (LONGEST_USUAL_MS - 5) * share);
}

/** Long enough for another call to come meanwhile. */
export function isSlow(key: string, seed: number): boolean {
  return coin(`slow ${key}`, seed) < SLOW_SHARE;
}

export function isDeclined(
  { operation, key }: { readonly operation: string; readonly key: string },
  seed: number,
): boolean {
  const mayDecline = operation === 'authorize' || operation === 'refund';
  return mayDecline && coin(`decline ${key}`, seed) < DECLINE_SHARE;
}
