/** Durations as the specification writes them: "7d", "2m", "30s", "500ms". */
import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const duration = z.string().regex(/^[1-9]\d{0,8}(ms|s|m|h|d)$/, {
  error: 'must be a duration such as "500ms", "30s", "2m", "12h" or "7d"',
});

/** Milliseconds of a text that {@link duration} accepted. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  return Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
}
