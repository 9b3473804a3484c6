import type { OperationView } from '@nats-bridge/connector';
import { describe, expect, it } from 'vitest';
import type { SeenCall } from '../seen/seen-calls.js';
import { waterfallsOf } from './waterfall.js';

const RECORD: OperationView = {
  merchantId: 'm',
  paymentId: 'p',
  idempotencyKey: 'authorize:att_1',
  operation: 'authorize',
  state: 'answered',
  at: 1_070,
  requestedAt: 1_000,
  claimedAt: 1_020,
  handlerMs: 45.5,
  attempts: 1,
  correlationId: 'c_1',
  seq: 1,
};

const call = (changes: Partial<SeenCall> = {}): SeenCall => ({
  operation: 'authorize',
  result: 'success',
  ids: { merchantId: 'm', paymentId: 'p', attemptId: 'att_1', correlationId: 'c_1' },
  marks: { at: 0, begunAt: 11, sentAt: 14, storedAt: 15.25, repliedAt: 90 },
  endedAt: 91,
  connector: 'c',
  rpc: { begunAt: 10, readAt: 11, endedAt: 92.3333333 },
  ...changes,
});

const partsOf = (calls: readonly SeenCall[], records: readonly OperationView[] = [RECORD]) =>
  waterfallsOf(calls, records).map(({ seen_by, total_ms, parts }) => {
    expect(parts.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(total_ms, 9);
    return { seen_by, total_ms, ...Object.fromEntries(parts.map(({ name, ms }) => [name, ms])) };
  });

describe('a waterfall', () => {
  it('has the parts of a call one after the other', () => {
    expect(partsOf([call()])).toEqual([
      {
        seen_by: 'gateway',
        total_ms: 82.333,
        validation: 1,
        policies: 3,
        broker: 1.25,
        queue: 20,
        record: 4.5,
        handler: 45.5,
        reply: 4.75,
        answer: 2.333,
      },
    ]);
  });

  it('has no more than the caller waited, whatever other clocks say', () => {
    const slow = { ...RECORD, claimedAt: 5_000, at: 9_000, handlerMs: 4_000 };
    expect(partsOf([call()], [slow])).toMatchObject([{ total_ms: 82.333, handler: 74.75 }]);
    const early = { ...RECORD, claimedAt: 900 };
    expect(partsOf([call()], [early])).toMatchObject([{ total_ms: 82.333 }]);
  });

  it('says "waiting" of what it does not know in parts', () => {
    expect(partsOf([call()], [])).toMatchObject([{ waiting: 74.75 }]);
    const timedOut = call({ result: 'unknown', marks: { at: 0, begunAt: 11, sentAt: 14, storedAt: 15 } });
    expect(partsOf([timedOut], [])).toMatchObject([{ broker: 1, waiting: 76, answer: 1.333 }]);
    const turnedAway = call({ result: 'not_sent', marks: { at: 0, begunAt: 11 } });
    expect(partsOf([turnedAway], [])).toEqual([
      { seen_by: 'gateway', total_ms: 82.333, validation: 1, policies: 80, answer: 1.333 },
    ]);
  });

  it('takes an answer that is quicker than the confirmation of the stream', () => {
    const quick = call({ marks: { at: 0, begunAt: 11, sentAt: 14, storedAt: 95, repliedAt: 90 } });
    expect(partsOf([quick])).toMatchObject([{ total_ms: 82.333, broker: 76 }]);
  });

  it('tells the processor’s part of the handler where the handler marks it', () => {
    const marked = { ...RECORD, processorMs: 40.25 };
    expect(partsOf([call()], [marked])).toMatchObject([
      { total_ms: 82.333, record: 4.5, handler: 5.25, processor: 40.25, reply: 4.75 },
    ]);
    expect(partsOf([], [marked])).toMatchObject([{ total_ms: 70, handler: 5.25, processor: 40.25 }]);
    // Of another clock: no more than the handler had.
    const [odd] = partsOf([call()], [{ ...RECORD, processorMs: 4_000 }]);
    expect(odd).toMatchObject({ total_ms: 82.333, processor: 45.5, reply: 4.75 });
    expect(odd).not.toHaveProperty('handler');
  });

  it('tells of other gateways’ calls what the ledger knows', () => {
    expect(partsOf([])).toEqual([{ seen_by: 'ledger', total_ms: 70, queue: 20, record: 4.5, handler: 45.5 }]);
    const { handlerMs: _, ...olderWorker } = RECORD;
    expect(partsOf([], [olderWorker])).toEqual([{ seen_by: 'ledger', total_ms: 70, queue: 20, handler: 50 }]);
    expect(partsOf([], [{ ...RECORD, state: 'claimed' }])).toEqual([]);
  });
});
