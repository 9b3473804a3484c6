/** The window over a long list. */
import { expect, it } from 'vitest';
import { visibleRows } from './virtual-rows.js';

it.each([0, 1, 31.5, 5_000, 3_199_000, 9_999_999])(
  'covers what is seen at %i px, and little more',
  (scrollTop) => {
    const total = 100_000;
    const { from, to, above, below } = visibleRows(scrollTop, 640, 32, total);
    const first = Math.min(Math.floor(scrollTop / 32), total);
    expect(from).toBeLessThanOrEqual(first);
    expect(to).toBeGreaterThanOrEqual(Math.min(total, first + 20));
    expect(to - from).toBeLessThan(60);
    expect(above + (to - from) * 32 + below).toBe(total * 32);
  },
);

it('an empty list has no rows', () => {
  expect(visibleRows(0, 640, 32, 0)).toEqual({ from: 0, to: 0, above: 0, below: 0 });
});
