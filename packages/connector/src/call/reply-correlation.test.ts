import { encodeBody, HEADER } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { readReplyCorrelationId } from './reply-correlation.js';

const reply = { status: 'success', correlation_id: 'call_1' };

describe('the correlation id of a reply', () => {
  it('is found in JSON, also behind blanks', () => {
    expect(readReplyCorrelationId(encodeBody(reply), {})).toBe('call_1');
    expect(readReplyCorrelationId(Buffer.from(`\n ${JSON.stringify(reply)}`), {})).toBe('call_1');
  });

  it('is found in MessagePack that is announced', () => {
    const headers = { [HEADER.contentType]: 'application/msgpack' };
    expect(readReplyCorrelationId(encodeBody(reply, 'application/msgpack'), headers)).toBe('call_1');
  });

  it.each(['', 'null', '[]', '"call_1"', '{"correlation_id":7}', '{"correlation_id":""}', 'no JSON'])(
    'is not found in %j',
    (body) => {
      expect(readReplyCorrelationId(Buffer.from(body), {})).toBeUndefined();
    },
  );
});
