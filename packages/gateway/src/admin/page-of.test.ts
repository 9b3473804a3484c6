import { describe, expect, it } from 'vitest';
import { pageOf } from './page-of.js';

type Item = { readonly at: number; readonly seq: number };
const placeOf = ({ at, seq }: Item) => [at, seq];
/** As it comes: in no order, and some at one time. */
const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({ at: 1_000 + Math.floor(index / 3), seq: index })).sort(
    (a, b) => (a.seq % 2) - (b.seq % 2),
  );

function pagesOf(found: Item[], between = (left: Item[]) => left): number[] {
  const read: number[] = [];
  for (let left = found, cursor: string | undefined; ; left = between(left)) {
    const page = pageOf(left, placeOf, { cursor, limit: 4 });
    read.push(...page.items.map(({ seq }) => seq));
    cursor = page.next_cursor;
    if (cursor === undefined) return read;
  }
}

describe('pageOf', () => {
  it('gives each item once, newest first, though some have one time', () => {
    expect(pagesOf(items(9))).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(pagesOf(items(8))).toHaveLength(8);
    expect(pagesOf([])).toEqual([]);
  });

  it('hides nothing when items before the cursor go, the last of the page among them, or new ones come', () => {
    const isEarly = ({ seq }: Item) => seq < 5;
    expect(pagesOf(items(9), (left) => left.filter(isEarly))).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const more = (left: Item[]) => [...left, { at: 9_000, seq: 100 + left.length }];
    expect(pagesOf(items(9), more)).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it.each(['', 'x', '1-x', '-1', '1.5', '4', '1-2-3', '1-2-3-4', '9999999999999999-1'])(
    'refuses %j, which it never gave',
    (cursor) => {
      expect(() => pageOf(items(3), placeOf, { cursor, limit: 4 })).toThrow(
        expect.objectContaining({ status: 400, code: 'BAD_CURSOR' }),
      );
    },
  );
});
