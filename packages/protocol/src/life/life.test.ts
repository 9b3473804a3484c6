import { describe, expect, it } from 'vitest';
import type { RouterData } from '../message/router-data.js';
import { type DoubtFacts, decideDoubt } from './doubt.js';
import { fingerprintOf } from './fingerprint.js';
import { type GuardedDelivery, guardDelivery } from './guard.js';
import { type OperationRecord, parseRecord, recordHeaders, stateOf } from './record.js';
import { verdictOf } from './verdict.js';
import { decideWithdrawal } from './withdrawal.js';

const NOW = 1_000_000;
const record = (changes: Partial<OperationRecord>): OperationRecord => ({
  state: 'claimed',
  seq: 7,
  at: NOW - 5_000,
  retry: 0,
  ...changes,
});
const delivery = (changes: Partial<GuardedDelivery> = {}): GuardedDelivery => ({
  correlationId: 'c',
  fingerprint: 'f',
  retry: 0,
  deadlineAt: NOW + 1_000,
  isRedelivered: false,
  worker: 'w',
  ...changes,
});

describe('the guard', () => {
  const guard = (has: OperationRecord | undefined, changes?: Partial<GuardedDelivery>) =>
    guardDelivery(has, delivery(changes), NOW);

  it('lets the first delivery begin, once it has the record', () => {
    expect(guard(undefined)).toEqual({ kind: 'claim', attempt: 1, expectedSeq: 0 });
  });

  it('lets nobody begin after the deadline', () => {
    expect(guard(undefined, { deadlineAt: NOW })).toEqual({ kind: 'expire', expectedSeq: 0 });
    const announced = record({ state: 'sent', correlationId: 'c' });
    expect(guard(announced, { deadlineAt: NOW })).toEqual({ kind: 'expire', expectedSeq: 7 });
  });

  it('says the stored answer again', () => {
    expect(guard(record({ state: 'answered' }))).toEqual({ kind: 'resend' });
    expect(guard(record({ state: 'answered' }), { retry: 3 })).toEqual({ kind: 'resend' });
  });

  it('waits while another has it in hand, and also when the same worker has', () => {
    expect(guard(record({ leaseUntil: NOW + 300, by: 'other' }))).toEqual({ kind: 'wait', ms: 300 });
    expect(guard(record({ leaseUntil: NOW + 300, by: 'w' }))).toEqual({ kind: 'wait', ms: 300 });
  });

  it('takes over when the lease is over, as the next attempt, and after the deadline too', () => {
    const over = record({ leaseUntil: NOW, attempt: 2 });
    expect(guard(over)).toEqual({ kind: 'claim', attempt: 3, expectedSeq: 7 });
    expect(guard(over, { deadlineAt: NOW - 1 })).toEqual({ kind: 'claim', attempt: 3, expectedSeq: 7 });
    expect(guard(record({}))).toEqual({ kind: 'claim', attempt: 2, expectedSeq: 7 });
  });

  it('never runs what was withdrawn, unless a person has it sent again', () => {
    expect(guard(record({ state: 'withdrawn' }))).toEqual({ kind: 'drop' });
    expect(guard(record({ state: 'withdrawn', retry: 1 }), { retry: 1 })).toEqual({ kind: 'drop' });
    expect(guard(record({ state: 'withdrawn' }), { retry: 1 })).toMatchObject({ kind: 'claim', attempt: 1 });
    const mended = guard(record({ state: 'withdrawn', fingerprint: 'before' }), { retry: 1 });
    expect(mended).toMatchObject({ kind: 'claim', attempt: 1 });
  });

  it('refuses another content under the same key, whatever became of the first', () => {
    for (const state of ['sent', 'claimed', 'answered', 'withdrawn'] as const)
      expect(guard(record({ state, fingerprint: 'g' }))).toEqual({ kind: 'conflict' });
    expect(guard(record({ state: 'answered' }), { fingerprint: undefined })).toEqual({ kind: 'resend' });
  });

  it('begins what a bridge announced for workers without records', () => {
    expect(guard(record({ state: 'sent', correlationId: 'c' }))).toEqual({
      kind: 'claim',
      attempt: 1,
      expectedSeq: 7,
    });
  });

  it.each([
    ['for another request', { correlationId: 'earlier' }, {}],
    ['and had been delivered before', { correlationId: 'c' }, { isRedelivered: true }],
    ['where plain subscribers heard it', { correlationId: 'c', isHeard: true }, {}],
  ])('takes what was announced %s as the next attempt, and after the deadline too', (_, announced, again) => {
    const sent = record({ state: 'sent', ...announced });
    const next = { kind: 'claim', attempt: 2, expectedSeq: 7 };
    expect(guard(sent, again)).toEqual(next);
    expect(guard(sent, { ...again, deadlineAt: NOW - 1 })).toEqual(next);
  });

  it('lets a second delivery begin where nobody announced it: who had it keeps records, and wrote none', () => {
    expect(guard(undefined, { isRedelivered: true })).toMatchObject({ kind: 'claim', attempt: 1 });
  });
});

describe('a withdrawal', () => {
  it('is possible as long as nobody has begun', () => {
    expect(decideWithdrawal(undefined, false)).toEqual({ kind: 'withdraw', expectedSeq: 0 });
    expect(decideWithdrawal(record({ state: 'sent' }), false)).toEqual({ kind: 'withdraw', expectedSeq: 7 });
  });

  it('is not when somebody may have', () => {
    expect(decideWithdrawal(record({ leaseUntil: 0 }), false)).toEqual({ kind: 'in_doubt' });
    expect(decideWithdrawal(record({ state: 'sent' }), true)).toEqual({ kind: 'in_doubt' });
    expect(decideWithdrawal(undefined, true)).toEqual({ kind: 'in_doubt' });
  });

  it('finds what was settled meanwhile', () => {
    expect(decideWithdrawal(record({ state: 'answered' }), false)).toEqual({ kind: 'answered' });
    expect(decideWithdrawal(record({ state: 'withdrawn' }), false)).toEqual({ kind: 'withdrawn' });
  });
});

describe('a doubt', () => {
  const facts = { answer: 'unreadable', isWaiting: false, overAt: NOW } as const;
  const decide = (has: OperationRecord | undefined, changes: Partial<DoubtFacts> = {}) =>
    decideDoubt({ ...facts, record: has, ...changes }, NOW).kind;

  it('is none where there is an outcome, or no record any more', () => {
    expect(decide(undefined)).toBe('settled');
    expect(decide(record({ state: 'withdrawn' }))).toBe('settled');
    expect(decide(record({ state: 'answered' }), { answer: 'readable' })).toBe('settled');
  });

  it('waits while somebody has it in hand, and while its answer cannot be fetched', () => {
    expect(decide(record({ leaseUntil: NOW + 1 }))).toBe('wait');
    expect(decide(record({ state: 'answered' }), { answer: 'unavailable' })).toBe('wait');
  });

  it.each(['sent', 'claimed'] as const)('waits while what was %s may be delivered again', (state) => {
    const has = record({ state, leaseUntil: NOW });
    expect(decide(has, { isWaiting: true, overAt: NOW + 1 })).toBe('wait');
    expect(decide(has, { isWaiting: true })).toBe('given_up');
    expect(decide(has, { overAt: NOW + 1 })).toBe('given_up');
  });

  it('is for a person when nobody can read the answer', () => {
    expect(decide(record({ state: 'answered' }), { isWaiting: true, overAt: NOW + 1 })).toBe('given_up');
  });
});

describe('a verdict', () => {
  const facts = { answer: undefined, mayHaveRunUnrecorded: false };
  it('comes from the record alone, where workers keep one', () => {
    expect(verdictOf({ ...facts, record: undefined })).toBe('never_sent');
    expect(verdictOf({ ...facts, record: record({ state: 'withdrawn' }) })).toBe('never_sent');
    expect(verdictOf({ ...facts, record: record({}) })).toBe('unknown');
    expect(verdictOf({ ...facts, record: record({ state: 'answered' }), answer: 'failure' })).toBe(
      'answered_no',
    );
    for (const answer of ['success', 'processing'] as const)
      expect(verdictOf({ ...facts, record: record({ state: 'answered' }), answer })).toBe('answered_yes');
  });

  it('is "unknown" where nobody can read the answer', () => {
    expect(verdictOf({ ...facts, record: record({ state: 'answered' }) })).toBe('unknown');
  });

  it('is "unknown" where workers keep none and may have had it', () => {
    const unrecorded = { ...facts, mayHaveRunUnrecorded: true };
    expect(verdictOf({ ...unrecorded, record: record({ state: 'sent' }) })).toBe('unknown');
    expect(verdictOf({ ...unrecorded, record: undefined })).toBe('unknown');
    expect(verdictOf({ ...facts, record: record({ state: 'sent' }) })).toBe('never_sent');
  });
});

describe('a record', () => {
  it('is read back as it was written', () => {
    const written = {
      state: 'claimed',
      operation: 'authorize',
      paymentId: 'päy %1',
      correlationId: 'c',
      fingerprint: 'f',
      by: 'w',
      attempt: 2,
      retry: 1,
      leaseUntil: 12,
      requestedAt: 3,
      claimedAt: 4,
      requestSeq: 5,
      reason: 'TypeError: no "id"',
    } as const;
    expect(parseRecord(recordHeaders(written), 9, 10)).toEqual({ ...written, seq: 9, at: 10 });
  });

  it('is an answer when a worker wrote it that knows only the contract', () => {
    expect(parseRecord({ 'X-Correlation-Id': 'c' }, 1, 2)).toMatchObject({
      state: 'answered',
      correlationId: 'c',
      retry: 0,
    });
    expect(stateOf({ 'X-Record': 'nonsense' })).toBe('answered');
  });
});

describe('a fingerprint', () => {
  const of = (request: Record<string, unknown>) => fingerprintOf({ request } as unknown as RouterData);

  it('is the same for the same request, in whatever order', () => {
    expect(of({ amount: { minor_amount: 1, currency: 'EUR' }, capture_method: 'AUTOMATIC' })).toBe(
      of({ capture_method: 'AUTOMATIC', amount: { currency: 'EUR', minor_amount: 1 }, note: undefined }),
    );
  });

  it('differs by amount, nested fields and lists', () => {
    const one = of({ amount: { minor_amount: 1 }, lines: [{ id: 1 }] });
    expect(of({ amount: { minor_amount: 2 }, lines: [{ id: 1 }] })).not.toBe(one);
    expect(of({ amount: { minor_amount: 1 }, lines: [{ id: 2 }] })).not.toBe(one);
    expect(of({ amount: { minor_amount: 1 } })).not.toBe(one);
  });

  it('does not depend on card data, or on ids that the processor gave meanwhile', () => {
    expect(of({ amount: 1, payment_method: { card: 1 }, connector_transaction_id: '' })).toBe(
      of({ amount: 1, payment_method: { card: 2 }, connector_transaction_id: 'pi_1' }),
    );
  });
});
