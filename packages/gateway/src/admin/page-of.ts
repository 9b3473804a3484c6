/**
 * Pages of a list that changes while it is read. A cursor says behind which place the next page begins, and not how
 * many came before: what was dealt with meanwhile hides nothing.
 */
import { AdminProblem } from './route.js';

/** Where an item stands: its time in milliseconds, its sequence or both, the weightiest number first. */
export type Place = readonly number[];

/**
 * @returns the page behind the cursor, the highest place first
 * @throws AdminProblem BAD_CURSOR
 */
export function pageOf<T>(
  found: readonly T[],
  placeOf: (item: T) => Place,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
) {
  const placed = found
    .map((item) => ({ item, place: placeOf(item) }))
    .sort((a, b) => compare(b.place, a.place));
  const after = cursor === undefined ? undefined : placeIn(cursor, placed[0]?.place.length);
  const rest = after === undefined ? placed : placed.filter(({ place }) => compare(place, after) < 0);
  const page = rest.slice(0, limit);
  return {
    items: page.map(({ item }) => item),
    total: found.length,
    ...(rest.length > limit && { next_cursor: page.at(-1)?.place.join('-') }),
  };
}

/**
 * @param length how many numbers it has; left out, any
 * @throws AdminProblem BAD_CURSOR
 */
export function placeIn(cursor: string, length?: number): Place {
  const place = /^\d{1,15}(-\d{1,15}){0,2}$/.test(cursor) ? cursor.split('-').map(Number) : [];
  if (place.length > 0 && (length === undefined || place.length === length)) return place;
  throw new AdminProblem(
    400,
    'BAD_CURSOR',
    'cursor is not one that was given: leave it out for the first page',
  );
}

function compare(a: Place, b: Place): number {
  const differing = a.findIndex((number, index) => number !== b[index]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
