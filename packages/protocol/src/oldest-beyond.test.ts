import { expect, it } from 'vitest';
import { oldestBeyond } from './oldest-beyond.js';

it('names nothing until a tenth more is there, then the oldest, so that the newest stay', () => {
  const map = new Map<number, string>();
  const forgotten: number[] = [];
  for (let key = 0; key < 200; key++) {
    map.set(key, 'kept');
    const oldest = oldestBeyond(map, 20);
    expect([0, 3]).toContain(oldest.length);
    for (const old of oldest) {
      map.delete(old);
      forgotten.push(old);
    }
    expect(map.size).toBeLessThanOrEqual(22);
  }
  expect(forgotten).toEqual([...forgotten.keys()]);
  expect([...map.keys()]).toEqual(Array.from({ length: map.size }, (_, index) => 200 - map.size + index));
});

it('keeps a map of one', () => {
  const map = new Map([['a', 1]]);
  expect(oldestBeyond(map, 1)).toEqual([]);
  map.set('b', 2).set('c', 3);
  expect(oldestBeyond(map, 1)).toEqual(['a', 'b']);
});
