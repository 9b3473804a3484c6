import { expect, it } from 'vitest';
import { createSeenTokens } from './seen-tokens.js';

it('knows a token again, and forgets the one that was right longest ago', () => {
  const seen = createSeenTokens(2);
  expect(seen.has('a')).toBe(false);
  for (const token of ['a', 'b', 'a', 'c']) seen.add(token);
  expect(['a', 'b', 'c'].map(seen.has)).toEqual([true, false, true]);
});
