import { describe, expect, it } from 'vitest';
import { isGenuine, signEvent } from './event-signature.js';

const NOW = 1_790_000_000_000;
const body = Buffer.from('{"a":1}');
const signed = signEvent(body, 'secret', NOW);

describe('a signature', () => {
  it('names its time, and is the HMAC of time and body', () => {
    // printf '1790000000.{"a":1}' | openssl dgst -sha256 -hmac secret
    expect(signed).toBe('t=1790000000,v1=da8fe498621aaab99d5b11c51346b13d1a2bf2914b865b8d3edd3531cab25a3e');
  });

  it.each([
    ['the secret', ['secret']],
    ['the additional one', ['new', 'secret']],
    ['the first of two', ['secret', 'old']],
  ])('is genuine by %s', (_which, secrets) => {
    expect(isGenuine(body, signed, secrets, NOW)).toBe(true);
  });

  it.each([
    ['no signature', undefined, ['secret'], NOW],
    ['an empty one', '', ['secret'], NOW],
    ['no secret', signed, [undefined], NOW],
    ['an empty secret', signEvent(body, '', NOW), [''], NOW],
    ['the secret everybody knows', signEvent(body, 'default_secret', NOW), ['default_secret'], NOW],
    ['another secret', signed, ['other'], NOW],
    ['another time in it', signed.replace('t=1790000000', 't=1790000001'), ['secret'], NOW],
    ['less of it', signed.slice(0, -2), ['secret'], NOW],
    ['capital letters', signed.toUpperCase(), ['secret'], NOW],
    ['a second value', `${signed},v1=${'0'.repeat(64)}`, ['secret'], NOW],
    ['an age of six minutes', signed, ['secret'], NOW + 360_000],
    ['six minutes to go', signed, ['secret'], NOW - 360_000],
  ])('is not genuine with %s', (_what, signature, secrets, now) => {
    expect(isGenuine(body, signature, secrets, now)).toBe(false);
  });

  it('is of this body only, and good for five minutes', () => {
    expect(isGenuine(Buffer.from('{"a":2}'), signed, ['secret'], NOW)).toBe(false);
    expect(isGenuine(body, signed, ['secret'], NOW + 299_000)).toBe(true);
  });
});
