import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildRequestHeaders, decodeHeaderValue, encodeHeaderValue, parseRequestHeaders } from './headers.js';

describe('headers', () => {
  it('carry any text on one line and give it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const encoded = encodeHeaderValue(value);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(encoded.trim()).toBe(encoded);
        expect(decodeHeaderValue(encoded)).toBe(value);
      }),
    );
  });

  it('come back from a request as they went in', () => {
    const values = {
      merchantId: 'mérchant\r\nX-Evil: 1',
      paymentId: 'pay 1',
      idempotencyKey: 'authorize:att_1',
      testMode: true,
      correlationId: '0d0f3bd6-8e3e-4a7c-8d5c-6a4f6f0b1c2d',
      operation: 'authorize',
      deadlineAt: 1_795_000_000_000,
      contentType: 'application/json',
      replyTo: 'hyperswitch.operations.m.authorize:att_1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    const headers = buildRequestHeaders(values);
    expect(parseRequestHeaders(headers)).toEqual(values);
  });

  it('may be missing or nonsense: what cannot be read is undefined', () => {
    const parsed = parseRequestHeaders({ 'X-Deadline': 'soon' });
    expect(Object.values(parsed).filter((value) => value !== undefined)).toEqual([]);
  });
});
