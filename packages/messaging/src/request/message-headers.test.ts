import { MsgHdrsImpl } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { assertLiteralSubject, encodeHeaders, readHeaders, WireHeaders } from './message-headers.js';

describe('headers', () => {
  it('come back as they were put in', () => {
    const record = { 'X-Merchant-Id': 'm_1', 'X-Test-Mode': 'true', 'X-Note': 'Zürich' };
    expect(readHeaders({ headers: encodeHeaders(record) })).toEqual(record);
    expect(readHeaders({})).toEqual({});
  });

  it.each([{ 'X-Id': 'a\r\nNats-Msg-Id: forged' }, { 'X-Id\n': 'a' }, { 'X: Y': 'a' }])(
    'never carry a second header smuggled into one: %j',
    (record) => {
      expect(() => encodeHeaders(record as unknown as Record<string, string>)).toThrow(/cannot carry/);
      expect(() => new WireHeaders(record as unknown as Record<string, string>)).toThrow(/cannot carry/);
    },
  );
});

describe('WireHeaders', () => {
  it('are on the wire what nats.js reads back, also after an addition', () => {
    const headers = new WireHeaders({ 'X-Merchant-Id': 'm_1', 'X-Note': 'Zürich' });
    headers.encode();
    headers.add('Nats-Msg-Id', 'k');
    expect(readHeaders({ headers: MsgHdrsImpl.decode(headers.encode()) })).toEqual({
      'X-Merchant-Id': 'm_1',
      'X-Note': 'Zürich',
      'Nats-Msg-Id': 'k',
    });
  });
});

describe('assertLiteralSubject', () => {
  it.each(['', 'a..b', '.a', 'a.', 'a.*', 'a.>', 'a b', 'a\r\nPUB x', 'a\u0000'])('refuses %j', (subject) => {
    expect(() => assertLiteralSubject(subject)).toThrow(/not a subject/);
  });

  it('takes an ordinary one', () => {
    expect(() => assertLiteralSubject('hyperswitch.payments.m_1.authorize')).not.toThrow();
  });
});
