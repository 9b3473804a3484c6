import { operationRow } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { exchange } from '../testing/exchanges.js';
import { callOf, decodeNote, encodeNote, noteOf } from './late-note.js';
import { settlementOf } from './settlement.js';

const authorize = (request: Record<string, unknown>) =>
  exchange({ operation: 'authorize', row: operationRow('authorize'), key: 'authorize:att_1' }, request);

const request = {
  webhook_url: 'https://hyperswitch.example/webhooks/m/mca_1',
  capture_method: 'MANUAL',
  merchant_transaction_id: 'att_1',
  amount: { minor_amount: 1, currency: 'EUR' },
  payment_method: { card: { card_number: '4242424242424242' } },
  customer: { email: 'jo@example.com' },
};

describe('a note', () => {
  it('comes back as it was written, without what it must not hold', () => {
    const note = noteOf(authorize(request));
    if (note === undefined) throw new Error('no note');
    const bytes = encodeNote(note);
    expect(decodeNote(bytes)).toEqual(note);
    expect(Buffer.from(bytes).toString()).not.toMatch(/4242|example\.com"|NoKey|minor_amount/);
    expect(callOf(note).data.request).toEqual({ capture_method: 'MANUAL', merchant_transaction_id: 'att_1' });
  });

  it.each([
    ['no webhook_url', authorize({})],
    ['one that is no URL', authorize({ webhook_url: 'hyperswitch' })],
    ['another protocol', authorize({ webhook_url: 'file:///etc/passwd' })],
    ['no key', { ...authorize(request), key: undefined }],
    ['a question', exchange({ operation: 'sync', row: operationRow('sync') }, request)],
    ['a payout', exchange({ operation: 'payout_create', row: operationRow('payout_create') }, request)],
  ])('is not made for %s', (_what, one) => {
    expect(noteOf(one)).toBeUndefined();
  });

  it.each(['', '{}', 'null', '{"operation":"nothing"}'])('%j is none', (text) => {
    expect(decodeNote(Buffer.from(text))).toBeUndefined();
  });
});

describe('its settlement', () => {
  const note = noteOf(authorize(request));
  const noteOfRetry = noteOf(authorize(request), 1);
  if (note === undefined || noteOfRetry === undefined) throw new Error('no note');
  const record = { seq: 1, at: 5, retry: 0 };

  it('is not a withdrawal from before a person sent it again', () => {
    const withdrawn = { record: { ...record, state: 'withdrawn' as const }, answer: undefined };
    expect(settlementOf(noteOfRetry, withdrawn)).toBeUndefined();
    const again = { record: { ...record, state: 'withdrawn' as const, retry: 1 }, answer: undefined };
    expect(settlementOf(noteOfRetry, again)).toMatchObject({ outcome: { kind: 'not_sent' } });
  });

  it.each([0, 1])('is the answer, whichever try it says it belongs to: %i', (retry) => {
    const answered = {
      record: { ...record, state: 'answered' as const, retry },
      answer: { status: 'success' as const },
    };
    expect(settlementOf(noteOfRetry, answered)).toMatchObject({ outcome: { kind: 'answered' } });
  });

  it('is there when the record is answered or withdrawn', () => {
    const answer = { status: 'success', transaction_id: 'real_1' } as const;
    expect(settlementOf(note, { record: { ...record, state: 'answered' }, answer })).toMatchObject({
      at: 5,
      outcome: { kind: 'answered', status: 'AUTHORIZED', transactionId: 'real_1' },
    });
    const withdrawn = { record: { ...record, state: 'withdrawn' as const }, answer: undefined };
    expect(settlementOf(note, withdrawn)).toMatchObject({ outcome: { kind: 'not_sent', status: 'FAILURE' } });
  });

  it('is no failure of the payment when nobody was told that the customer is back', () => {
    const back = noteOf({ ...authorize(request), key: 'authorize:att_1:complete:hash' });
    if (back === undefined) throw new Error('no note');
    const withdrawn = { record: { ...record, state: 'withdrawn' as const }, answer: undefined };
    expect(settlementOf(back, withdrawn)).toMatchObject({ outcome: { kind: 'not_sent', status: 'PENDING' } });
  });

  it.each([
    ['there is no record', undefined],
    ['it was only sent', { record: { ...record, state: 'sent' as const }, answer: undefined }],
    ['somebody has it', { record: { ...record, state: 'claimed' as const }, answer: undefined }],
    ['its answer cannot be read', { record: { ...record, state: 'answered' as const }, answer: undefined }],
    [
      'its status means nothing',
      {
        record: { ...record, state: 'answered' as const },
        answer: { status: 'success' as const, attempt_status: 'FINE' },
      },
    ],
  ])('is not while %s', (_why, entry) => {
    expect(settlementOf(note, entry)).toBeUndefined();
  });
});
