/** A moment as messages, answers and files have it: ISO 8601, UTC, to the millisecond. */

/** @param at in milliseconds since the epoch */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
