/** The chain of the audit in words: whole, broken, and what is to be known besides. */
import { describe, expect, it } from 'vitest';
import type { AuditVerification } from '../api/types.js';
import { chainWordsOf } from './chain-words.js';

const INTACT: AuditVerification = {
  intact: true,
  entries: 1_214,
  until: '2026-11-24T13:02:11.123Z',
  first: 1,
  unchained: 0,
  signed: 1_214,
  head: 'h',
  problem_count: 0,
  problems: [],
};

describe('a chain', () => {
  it('that is intact: how many entries, and until when', () => {
    expect(chainWordsOf(INTACT)).toEqual({
      text: 'The chain is intact: 1,214 entries until 2026-11-24 13:02:11 UTC, each follows the one before.',
      notes: [],
      breaks: [],
    });
  });

  it('that is broken: where, and how many more', () => {
    const problems = [
      { n: 17, why: 'it was altered' },
      { n: 0, why: 'the end is missing' },
    ];
    expect(chainWordsOf({ ...INTACT, intact: false, problem_count: 5, problems })).toMatchObject({
      text: 'The chain is broken: 5 problems in 1,214 entries until 2026-11-24 13:02:11 UTC.',
      breaks: ['Entry 17: it was altered.', 'The chain: the end is missing.', 'And 3 more.'],
    });
  });

  it('that does not prove all: what has expired, what is older, what is not signed', () => {
    expect(chainWordsOf({ ...INTACT, first: 41, unchained: 14, signed: 1_000 }).notes).toEqual([
      '14 entries older than the chain prove nothing.',
      'Entries 1 to 40 have expired, or were taken from the front.',
      '200 of 1,200 entries are not signed.',
    ]);
  });

  it('that is empty says so', () => {
    expect(chainWordsOf({ ...INTACT, entries: 0, until: null, first: null, head: null }).text).toMatch(
      /no entry/,
    );
  });
});
