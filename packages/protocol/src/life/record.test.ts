import { describe, expect, it } from 'vitest';
import {
  bodyOf,
  isConclusion,
  type NewRecord,
  parseRecord,
  RECORD_HEADER,
  recordHeaders,
  stateOf,
} from './record.js';

const FULL: NewRecord = {
  state: 'claimed',
  operation: 'authorize',
  paymentId: 'pay_1',
  correlationId: 'c_1',
  fingerprint: 'f_1',
  by: 'wörker 1',
  attempt: 2,
  retry: 1,
  leaseUntil: 30_000,
  requestedAt: 0,
  deadlineAt: 30_000,
  claimedAt: 1_000,
  requestSeq: 7,
  handlerMs: 12.5,
  processorMs: 0,
  isHeard: true,
  reason: 'TimeoutError',
};

describe('a record', () => {
  it('is read as it was written, with place and time of the server', () => {
    expect(parseRecord(recordHeaders(FULL), 3, 4_000)).toEqual({ ...FULL, seq: 3, at: 4_000 });
  });

  it('has no header for what it does not say', () => {
    expect(recordHeaders({ state: 'sent', retry: 0 })).toStrictEqual({ [RECORD_HEADER.state]: 'sent' });
  });

  it.each(['-1', 'x', '1.5', '', '9007199254740993'])('takes %j for no number', (text) => {
    const { attempt } = parseRecord({ [RECORD_HEADER.attempt]: text }, 1, 1);
    expect(attempt).toBeUndefined();
  });

  it.each(['-1', 'x', '', 'Infinity'])('takes %j for no duration', (text) => {
    expect(parseRecord({ [RECORD_HEADER.handlerMs]: text }, 1, 1).handlerMs).toBeUndefined();
  });

  it('without a state is the answer of a worker that knows only the contract', () => {
    expect(stateOf({})).toBe('answered');
    expect(stateOf({ [RECORD_HEADER.state]: 'unheard of' })).toBe('answered');
    expect(stateOf({ [RECORD_HEADER.state]: 'withdrawn' })).toBe('withdrawn');
  });

  it('ends a wait when it is withdrawn or has an answer, and not before', () => {
    expect(isConclusion(bodyOf('sent'))).toBe(false);
    expect(isConclusion(bodyOf('claimed'))).toBe(false);
    expect(isConclusion(bodyOf('withdrawn'))).toBe(true);
    expect(isConclusion(new TextEncoder().encode('{"status":"success"}'))).toBe(true);
  });
});
