import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inUtc, moment } from './moment.js';

const NOW = '2026-11-24T12:00:00.000Z';
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
  vi.stubEnv('TZ', 'America/New_York');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('a moment', () => {
  it.each([
    ['30s', '2026-11-24T11:59:30.000Z'],
    ['15m', '2026-11-24T11:45:00.000Z'],
    ['6h', '2026-11-24T06:00:00.000Z'],
    ['2d', '2026-11-22T12:00:00.000Z'],
    ['2026-11-24T10:00Z', '2026-11-24T10:00:00.000Z'],
    ['2026-11-24T10:00:05.25+02:00', '2026-11-24T08:00:05.250Z'],
    // UTC, wherever the person is.
    ['2026-11-24T10:00', '2026-11-24T10:00:00.000Z'],
    ['2026-11-24', '2026-11-24T00:00:00.000Z'],
    [inUtc(NOW), NOW],
  ])('%s is %s', (text, at) => {
    expect(moment(text).toISOString()).toBe(at);
  });

  it.each([
    '3',
    '24',
    '2026',
    '2026-11',
    '3 h',
    '-3h',
    'Nov 24 2026',
    '11/24/2026',
    '2026-02-30',
    '2026-11-24T25:00',
    '2026-11-24T10',
    '999999999999d',
    '',
  ])('is not "%s"', (text) => {
    expect(() => moment(text)).toThrow('a time such as 2026-11-24T10:00Z, or how long ago: 30s, 15m, 6h, 2d');
  });
});
