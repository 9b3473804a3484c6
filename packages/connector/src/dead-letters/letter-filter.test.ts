import { describe, expect, it } from 'vitest';
import { type LetterFilter, matches } from './letter-filter.js';

const letter = {
  merchantId: 'merchant_1',
  operation: 'authorize',
  verdict: 'never_sent',
  worker: undefined,
  reason: 'refused: merchant_1, not onboarded',
  error: undefined,
  at: new Date('2026-11-24T10:00:00Z'),
} as const;

describe('a filter of letters', () => {
  it.each<[string, LetterFilter, boolean]>([
    ['a part of the reason, in any case', { cause: 'REFUSED' }, true],
    ['exactly the reason', { reason: letter.reason }, true],
    ['no more than a part of the reason', { reason: 'refused: merchant_1' }, false],
    ['the reason and no error', { reason: letter.reason, error: '' }, true],
    ['the reason and another error', { reason: letter.reason, error: 'timeout' }, false],
    ['exactly the reason, and a cause it has not', { reason: letter.reason, cause: 'risk' }, false],
  ])('finds one by %s: %o', (_, filter, isFound) => {
    expect(matches(letter, filter)).toBe(isFound);
  });

  it('tells an error from none, and from a part of it', () => {
    const failed = { ...letter, error: 'timeout, after 3 s' };
    expect(matches(failed, { error: 'timeout, after 3 s' })).toBe(true);
    expect(matches(failed, { error: 'timeout' })).toBe(false);
    expect(matches(failed, { error: '' })).toBe(false);
  });
});
