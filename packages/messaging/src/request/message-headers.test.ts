import { type Msg, MsgHdrsImpl } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../testing/nats-for-tests.js';
import {
  assertLiteralSubject,
  encodeHeaders,
  hasHeaders,
  readHeaders,
  WireHeaders,
} from './message-headers.js';

describe('headers', () => {
  it('come back as they were put in', () => {
    const record = { 'X-Merchant-Id': 'm_1', 'X-Test-Mode': 'true', 'X-Note': 'Zürich' };
    expect(readHeaders({ headers: MsgHdrsImpl.decode(new WireHeaders(record).encode()) })).toEqual(record);
    expect(readHeaders({})).toEqual({});
  });

  it('are read from the bytes of a message just as nats.js reads them', async () => {
    const server = await startTestServer();
    const nats = await connect({ servers: server.url });
    const received: Msg[] = [];
    nats.subscribe('h', { callback: (_, message) => void received.push(message) });
    const several = MsgHdrsImpl.fromRecord({
      'X-Many': ['first', 'second'],
      'X-Empty': [''],
      'x-many': ['other'],
    });
    nats.publish('h', 'body', { headers: several });
    nats.publish('h', '', { headers: encodeHeaders({ 'X-Note': 'Zürich: a, b', 'X-Colon': ':' }) });
    nats.publish('h', 'bare');
    await nats.flush();
    expect(received.map(readHeaders)).toEqual([
      { 'X-Many': 'first', 'X-Empty': '', 'x-many': 'other' },
      { 'X-Note': 'Zürich: a, b', 'X-Colon': ':' },
      {},
    ]);
    expect(received.map(hasHeaders)).toEqual([true, true, false]);
    for (const message of received) {
      const { headers } = message;
      expect(readHeaders(message)).toEqual(readHeaders({ headers }));
    }
    await nats.close();
    await server.dispose();
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
