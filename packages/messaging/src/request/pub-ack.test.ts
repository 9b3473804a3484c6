import { describe, expect, it } from 'vitest';
import { readPubAck } from './pub-ack.js';

const read = (text: string) => readPubAck(new TextEncoder().encode(text));

describe('readPubAck', () => {
  it('knows what servers send', () => {
    expect(read('{"stream":"PAYMENTS","seq":7}')).toEqual({
      kind: 'stored',
      stream: 'PAYMENTS',
      seq: 7,
      duplicate: false,
    });
    expect(read('{"stream":"PAYMENTS", "domain":"hub", "seq":7,"duplicate": true}')).toMatchObject({
      seq: 7,
      duplicate: true,
    });
  });

  it('knows a refusal, and whether another try makes sense', () => {
    const full =
      '{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"P","seq":0}';
    expect(read(full)).toEqual({
      kind: 'refused',
      natsCode: 10077,
      description: 'maximum messages exceeded',
      transient: false,
    });
    expect(read('{"error":{"code":503,"err_code":10008,"description":"unavailable"}}')).toMatchObject({
      transient: true,
    });
  });

  it.each([
    [
      'another of its id is on its way to the replicas',
      '{"error":{"code":409,"err_code":10158,"description":"duplicate message id is in process"},"stream":"P","seq":0}',
    ],
    ['so said by older servers', '{"stream":"P","seq":0,"duplicate": true}'],
    [
      'the store was closed behind the log',
      '{"error":{"code":503,"err_code":10077,"description":"store is closed"},"stream":"P","seq":0}',
    ],
    [
      'the log takes no entry',
      '{"error":{"code":503,"description":"raft: not leader"},"stream":"P","seq":0}',
    ],
  ])('takes nothing for a refusal that may be stored yet: %s', (_, text) => {
    expect(read(text)).toEqual({ kind: 'unsettled' });
  });

  it.each([
    '{"status":"success","transaction_id":"txn_1"}',
    '{"stream":"S","seq":1,"status":"success"}',
    '{"error":{"code":"E001","message":"declined"},"status":"failure"}',
    '{"error":{"code":"E001"}}',
    '{"error":{"code":503,"description":"the processor is away"}}',
    '{"stream":"","seq":1}',
    '{"stream":"S","seq":"1"}',
    '[1]',
    '+ACK',
    '',
    '{"stream":',
  ])("leaves a worker's reply alone: %s", (text) => {
    expect(read(text)).toBeUndefined();
  });
});
