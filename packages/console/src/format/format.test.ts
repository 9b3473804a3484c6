/** Figures and times, as they are shown. */
import { describe, expect, it } from 'vitest';
import { money } from './money.js';
import { bytes, count, percent, plural, rate } from './number.js';
import { ago, clock, dateAndClock, duration, inputOfIso, isoOfInput, milliseconds } from './time.js';

describe('numbers', () => {
  it.each([
    [count(1_234_567), '1,234,567'],
    [rate(0), '0'],
    [rate(4.25), '4.3'],
    [rate(1_204.6), '1,205'],
    [bytes(512), '512 B'],
    [bytes(1_536), '1.5 KiB'],
    [bytes(10_737_418_240), '10.0 GiB'],
    [percent(0), '0 %'],
    [percent(1), '100 %'],
    [percent(0.999_99), '> 99.9 %'],
    [percent(0.000_1), '< 0.1 %'],
    [percent(0.123_4), '12.3 %'],
    [plural(1, 'letter'), '1 letter'],
    [plural(2, 'query', 'queries'), '2 queries'],
  ])('%s', (shown, expected) => expect(shown).toBe(expected));
});

describe('amounts', () => {
  it.each([
    ['EUR', 1_250, '12.50 EUR'],
    ['EUR', 5, '0.05 EUR'],
    ['USD', 123_456_789, '1,234,567.89 USD'],
    ['JPY', 1_250, '1,250 JPY'],
    ['KWD', 1_250, '1.250 KWD'],
    ['CLF', 12_345, '1.2345 CLF'],
    ['HUF', 1_250, '12.50 HUF'],
  ])('%s %i', (currency, minor_amount, expected) => expect(money({ minor_amount, currency })).toBe(expected));
  it('that are not known are a dash', () => expect(money(undefined)).toBe('–'));
});

describe('times', () => {
  const at = '2026-11-24T13:02:11.123Z';
  it.each([
    [clock(at), '13:02:11.123'],
    [dateAndClock(at), '2026-11-24 13:02:11'],
    [dateAndClock(null), '–'],
    [milliseconds(4.21), '4.2 ms'],
    [milliseconds(4), '4 ms'],
    [milliseconds(0), '< 1 ms'],
    [milliseconds(0.02), '< 0.1 ms'],
    [milliseconds(999.4), '999 ms'],
    [milliseconds(null), '–'],
    [duration(4_210), '4.2 s'],
    [duration(185_000), '3 min 5 s'],
    [duration(3_600_000), '1 h'],
    [duration(93_600_000), '1 d 2 h'],
    [ago(at, Date.parse(at) + 61_000), '1 min 1 s ago'],
    [isoOfInput('2026-11-24T13:02'), '2026-11-24T13:02:00.000Z'],
    [isoOfInput(''), undefined],
    [inputOfIso(at), '2026-11-24T13:02'],
  ])('%s', (shown, expected) => expect(shown).toBe(expected));
});
