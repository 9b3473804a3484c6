import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../secret.js';
import { decodeBody, encodeBody } from './encoding.js';
import { parseResponse } from './response.js';

describe('bodies', () => {
  const value = {
    status: 'success',
    amount: 1_099,
    large: 5_000_000_000,
    nested: { text: 'é', list: [1, true, null] },
  };

  it.each(['application/json', 'application/msgpack'] as const)('travel as %s', (contentType) => {
    expect(decodeBody(encodeBody(value, contentType), contentType)).toEqual(value);
  });

  it('keep whole numbers whole in MessagePack, so that no language reads an amount as a float', () => {
    expect(encodeBody(5_000_000_000, 'application/msgpack')[0]).toBe(0xcf); // uint 64
  });

  it('are JSON where nobody says what they are', () => {
    expect(decodeBody(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
  });

  it.each([
    ['application/json', 'the body (5 bytes) is not JSON'],
    ['application/msgpack', 'the body (5 bytes) is not MessagePack'],
  ])('that are not %s are refused without being shown', (contentType, message) => {
    expect(() => decodeBody(Buffer.from([0xc1, 0x34, 0x32, 0x34, 0x32]), contentType)).toThrow(message);
  });
});

describe('replies', () => {
  it('may have fields we do not know', () => {
    expect(parseResponse({ status: 'success', later: 1 })).toMatchObject({ status: 'success' });
  });

  it('are refused by field, without their values', () => {
    expect(() => parseResponse({ status: 'ok', transaction_id: 4242424242424242 })).toThrow(
      /^not a valid reply: status: .*; transaction_id: (?!.*4242)/,
    );
  });
});

describe('a secret', () => {
  it('is printed by nothing, and revealed on demand', () => {
    const secret = new Secret('4242424242424242');
    const printed = [
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: 5 }),
      String(secret),
    ];
    for (const text of printed) expect(text).not.toContain('4242');
    expect(secret.reveal()).toBe('4242424242424242');
  });
});
