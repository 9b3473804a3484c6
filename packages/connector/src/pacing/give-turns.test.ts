import { expect, it } from 'vitest';
import { createGiveTurns } from './give-turns.js';

it('long work lets others have their turn, each time that it has been at it for so long', async () => {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const giveTurns = createGiveTurns(5);
  const begunAt = performance.now();
  while (turns < 4 && performance.now() < begunAt + 10_000) await giveTurns();
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(4);
  expect(performance.now() - begunAt).toBeGreaterThanOrEqual(4 * 5);
});
