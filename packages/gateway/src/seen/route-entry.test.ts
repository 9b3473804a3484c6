import { expect, it } from 'vitest';
import { MOST_ROUTES, routeEntry } from './route-entry.js';

it('keeps the entries it has, whoever comes later, and one for all the others of an operation', () => {
  const entries = new Map<string, { calls: number }>();
  const countOf = (connector: string) =>
    routeEntry(entries, { operation: 'authorize', connector }, () => ({ calls: 0 }));
  for (let number = 0; number < MOST_ROUTES; number++) countOf(`c${number}`).calls++;
  for (const connector of ['c0', 'late', 'later', 'c0']) countOf(connector).calls++;
  expect(countOf('c0').calls).toBe(3);
  expect(countOf('other').calls).toBe(2);
  expect(entries.size).toBe(MOST_ROUTES + 1);
});
