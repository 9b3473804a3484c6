import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PassingMap } from './passing-map.js';

it('is a map, whatever comes and goes', () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('set' as const), key: fc.nat(200), value: fc.nat() }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(200) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('clear' as const), key: fc.constant(0) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_000, size: 'max' }), (steps) => {
      const map = new PassingMap<number, number>();
      const expected = new Map<number, number>();
      for (const one of steps) {
        if (one.kind === 'set') {
          map.set(one.key, one.value);
          expected.set(one.key, one.value);
        } else if (one.kind === 'delete') expect(map.delete(one.key)).toBe(expected.delete(one.key));
        else {
          map.clear();
          expected.clear();
        }
        expect(map.get(one.key)).toBe(expected.get(one.key));
      }
      expect([...map]).toEqual([...expected]);
      expect([...map.values()]).toEqual([...expected.values()]);
      const visited: [number, number][] = [];
      map.forEach((value, key) => {
        visited.push([key, value]);
      });
      expect(visited).toEqual([...expected]);
      expect(map.size).toBe(expected.size);
    }),
    { numRuns: 50 },
  );
});

it('lets entries be taken out while somebody goes through it', () => {
  const map = new PassingMap<number, string>();
  for (let key = 0; key < 200; key++) map.set(key, `${key}`);
  const seen: number[] = [];
  for (const [key] of map) {
    seen.push(key);
    map.delete(key);
    map.delete(key + 1);
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index * 2));
  expect(map.size).toBe(0);
});
