import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createGiveTurns } from './give-turns.js';

it('long work lets others have their turn, as often as it is to', async () => {
  let turns = 0;
  let isOver = false;
  const other = (async () => {
    for (; !isOver; turns++) await sleep(1);
  })();
  const giveTurns = createGiveTurns(5);
  const endsAt = performance.now() + 100;
  while (performance.now() < endsAt) await giveTurns();
  isOver = true;
  const had = turns;
  await other;
  expect(had).toBeGreaterThan(3);
});
