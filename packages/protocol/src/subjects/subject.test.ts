import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeToken,
  defaultSubjectTemplate,
  encodeToken,
  isRecordSubject,
  parsePaymentSubject,
  poolTemplate,
  recordSubject,
  subjectFor,
  webhookSubject,
} from './subject.js';

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 });

describe('subjects', () => {
  it('make one token of any id, and the id of the token', () => {
    fc.assert(
      fc.property(id, (value) => {
        const token = encodeToken(value);
        expect(token).toMatch(/^[\x21-\x7e]+$/);
        expect(token).not.toMatch(/[.*>\s]/);
        expect(decodeToken(token)).toBe(value);
      }),
    );
  });

  it('keep merchants apart: different ids never share a subject', () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other);
        expect(encodeToken(one)).not.toBe(encodeToken(other));
      }),
    );
  });

  it('leave ordinary ids as they are', () => {
    expect(subjectFor(defaultSubjectTemplate('authorize'), 'merchant_123')).toBe(
      'hyperswitch.payments.merchant_123.authorize',
    );
    expect(webhookSubject('m', 'stripe')).toBe('hyperswitch.webhooks.m.stripe');
    expect(recordSubject('m', 'authorize:att_1')).toBe('hyperswitch.operations.m.authorize.att_1');
    expect(recordSubject('m', 'capture:att_1:ref_2')).toBe('hyperswitch.operations.m.capture.att_1:ref_2');
    expect(recordSubject('m', 'other')).toBe('hyperswitch.operations.m._.other');
  });

  it('tell a record from an inbox, and from nothing', () => {
    expect(isRecordSubject(recordSubject('m', 'authorize:att_1'))).toBe(true);
    expect(['_INBOX.x', 'hyperswitch.operations', '', undefined].map(isRecordSubject)).not.toContain(true);
  });

  it.each(['a.b', '*', '>', 'a b', 'a\r\nb', 'a\tb', 'é', '%', 'a%2Eb'])(
    'bind %j to its own merchant',
    (merchant) => {
      const pooled = subjectFor(poolTemplate(defaultSubjectTemplate('capture'), 'acme'), merchant);
      expect(pooled).toBe(`${subjectFor(defaultSubjectTemplate('capture'), merchant)}.acme`);
      expect(parsePaymentSubject(pooled)).toEqual({ merchantId: merchant, operation: 'capture' });
      const subject = subjectFor(defaultSubjectTemplate('capture'), merchant);
      expect(subject.split('.')).toHaveLength(4);
      expect(parsePaymentSubject(subject)).toEqual({ merchantId: merchant, operation: 'capture' });
    },
  );

  it.each([
    ['', 'merchant_id is empty; send a value of 1 to 255 characters'],
    ['x'.repeat(4_096), 'merchant_id has 4096 characters; at most 255 are allowed in a NATS subject token'],
    ['\ud800', 'merchant_id is not well-formed Unicode'],
  ])('refuse what cannot be a token', (merchant, message) => {
    expect(() => subjectFor(defaultSubjectTemplate('void'), merchant)).toThrow(message);
  });

  it.each([
    'other.payments.m.authorize',
    'hyperswitch.payments.m',
    'hyperswitch.payments.m.authorize.x.y',
    '',
  ])('are not found in %j', (subject) => {
    expect(parsePaymentSubject(subject)).toBeUndefined();
  });
});
