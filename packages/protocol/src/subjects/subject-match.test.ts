import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, matches, overlaps } from './subject-match.js';

const token = fc.constantFrom('a', 'b', 'c');
const literal = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, tail]) => [...tokens, ...(tail ? ['>'] : [])].join('.'));

describe('matches', () => {
  it.each([
    ['hyperswitch.payments.*.authorize', 'hyperswitch.payments.m_1.authorize', true],
    ['hyperswitch.payments.*.authorize', 'hyperswitch.payments.m_1.capture', false],
    ['hyperswitch.payments.>', 'hyperswitch.payments.m_1.authorize', true],
    ['hyperswitch.payments.>', 'hyperswitch.payments', false],
    ['>', 'a', true],
    ['a.*', 'a', false],
    ['a', 'a.b', false],
    ['*.*', 'a.b', true],
  ])('%s and %s: %s', (wide, subject, expected) => {
    expect(matches(wide, subject)).toBe(expected);
  });
});

describe('overlaps', () => {
  it.each([
    ['a.*.c', 'a.b.*', true],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['a.*', 'b.*', false],
    ['>', 'x.y', true],
    ['a.b', 'a.b.c', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected);
    expect(overlaps(other, one)).toBe(expected);
  });

  it('is true whenever a subject matches both', () => {
    fc.assert(
      fc.property(pattern, pattern, literal, (one, other, subject) => {
        if (matches(one, subject) && matches(other, subject)) expect(overlaps(one, other)).toBe(true);
      }),
    );
  });

  it('with a literal is the same as matching it', () => {
    fc.assert(
      fc.property(pattern, literal, (one, subject) => overlaps(one, subject) === matches(one, subject)),
    );
  });
});

describe('covers', () => {
  it('is never true where a subject matches the narrow pattern only', () => {
    fc.assert(
      fc.property(pattern, pattern, literal, (wide, narrow, subject) => {
        if (covers(wide, narrow) && matches(narrow, subject)) expect(matches(wide, subject)).toBe(true);
      }),
    );
  });

  it.each([
    ['a.>', 'a.*.c', true],
    ['a.*', 'a.>', false],
    ['a.*', 'a.b', true],
    ['a.b', 'a.*', false],
    ['a.>', 'a.>', true],
  ])('%s covers %s: %s', (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected);
  });
});
