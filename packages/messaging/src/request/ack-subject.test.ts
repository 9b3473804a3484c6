import { describe, expect, it } from 'vitest';
import { ackSubjectsOf, parseAckSubject } from './ack-subject.js';

const stored = 1_700_000_000_123_456_789n;
const expected = {
  stream: 'PAYMENTS',
  consumer: 'w',
  deliveryCount: 2,
  streamSeq: 41,
  storedAt: expect.closeTo(1_700_000_000_123.456, 2),
};

describe('parseAckSubject', () => {
  it('reads the form of every server up to now', () => {
    expect(parseAckSubject(`$JS.ACK.PAYMENTS.w.2.41.7.${stored}.0`)).toEqual(expected);
  });

  it('reads the form with domain and account hash, with and without the random end', () => {
    expect(parseAckSubject(`$JS.ACK._.szMpdrwD.PAYMENTS.w.2.41.7.${stored}.0`)).toEqual(expected);
    expect(parseAckSubject(`$JS.ACK.hub.szMpdrwD.PAYMENTS.w.2.41.7.${stored}.0.x7`)).toEqual(expected);
  });

  it.each([
    '$JS.ACK.PAYMENTS.w.2.41.7.1',
    `$JS.ACK.PAYMENTS.w.2.41.7.${stored}.0.1`,
    '$JS.API.PAYMENTS.w.2.41.7.1.0',
    '$JS.ACK.PAYMENTS.w.x.41.7.1.0',
    '$JS.ACK.PAYMENTS.w.1.0.7.1.0',
    '_INBOX.a.b',
    '',
  ])('gives nothing for %j', (subject) => {
    expect(parseAckSubject(subject)).toBeUndefined();
  });

  it('names what to subscribe to', () => {
    expect(ackSubjectsOf('PAYMENTS')).toEqual(['$JS.ACK.PAYMENTS.>', '$JS.ACK.*.*.PAYMENTS.>']);
  });
});
