import { describe, expect, it } from 'vitest';
import { type LogEntry, logPattern, logSubject, parseLogEntries } from './log-entry.js';

const entry: LogEntry = {
  time: '2026-11-28T12:00:00.000Z',
  level: 'info',
  module: 'worker',
  message: 'authorize answered',
  instance: 'sandbox@host/7',
  merchant_id: 'm.1 > *',
  payment_id: 'pay_1',
};
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('a line of the log', () => {
  it('comes back as it was, under a subject of three tokens, whatever the merchant is called', () => {
    const subject = logSubject(entry);
    expect(subject).toBe('hyperswitch.logs.worker.info.m%2E1%20%3E%20%2A');
    expect(parseLogEntries(subject, bytes(entry))).toEqual([entry]);
    expect(logSubject({ module: 'nats', level: 'warn' })).toBe('hyperswitch.logs.nats.warn._');
    expect(logPattern()).toBe('hyperswitch.logs.*.*.*');
    expect(logPattern({ module: 'worker', merchantId: null })).toBe('hyperswitch.logs.worker.*._');
  });

  it('belongs to the merchant, module and level of its subject, whatever it says itself', () => {
    const forged = { ...entry, merchant_id: 'another', module: 'calls', level: 'error' };
    expect(parseLogEntries('hyperswitch.logs.worker.info.mine', bytes(forged))).toMatchObject([
      { merchant_id: 'mine', module: 'worker', level: 'info' },
    ]);
    expect(parseLogEntries('hyperswitch.logs.worker.info._', bytes(forged))[0]?.merchant_id).toBeUndefined();
  });

  it('travels beside others, and is read whatever they are', () => {
    const lines = [entry, { ...entry, message: 'next' }].map((one) => JSON.stringify(one));
    const body = Buffer.from([lines[0], 'no line', lines[1]].join('\n'));
    const read = parseLogEntries('hyperswitch.logs.worker.info._', body);
    expect(read.map(({ message }) => message)).toEqual(['authorize answered', 'next']);
  });

  it.each([
    ['no JSON', 'hyperswitch.logs.worker.info._', Buffer.from('x')],
    ['no object', 'hyperswitch.logs.worker.info._', bytes(null)],
    ['without a time', 'hyperswitch.logs.worker.info._', bytes({ ...entry, time: undefined })],
    ['of a module that there is not', 'hyperswitch.logs.other.info._', bytes(entry)],
    ['too long', 'hyperswitch.logs.worker.info._', bytes({ ...entry, message: 'x'.repeat(1_001) })],
    ['elsewhere', 'hyperswitch.audit.worker.info._', bytes(entry)],
  ])('is none when it is %s', (_what, subject, body) => {
    expect(parseLogEntries(subject, body)).toEqual([]);
  });
});
