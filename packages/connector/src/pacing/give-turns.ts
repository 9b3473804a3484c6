/** Long work in short steps: payments that are under way have their turn between them. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** @param everyMs how long it works at once @returns what to await after each piece of the work */
export function createGiveTurns(everyMs = 5): () => Promise<void> {
  let begunAt = performance.now();
  return async () => {
    if (performance.now() - begunAt < everyMs) return;
    await nextTurn();
    begunAt = performance.now();
  };
}
