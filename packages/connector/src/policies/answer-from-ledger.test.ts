import { type BridgeResponse, type Operation, operationRow, type RecordState } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import type { Send } from '../call/exchange.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import { exchange, failing } from '../testing/exchanges.js';
import { answerFromLedger } from './answer-from-ledger.js';

const entry = (state: RecordState, answer?: BridgeResponse): LedgerEntry => ({
  record: { state, seq: 1, at: 0, retry: 0 },
  answer,
});
const answered = (changes: Partial<BridgeResponse> = {}) =>
  entry('answered', { status: 'success', transaction_id: 'real_1', ...changes });

const question = (operation: Operation, request: Record<string, unknown>) => {
  const { data } = exchange();
  const refund_id = operation === 'refund_sync' ? 'ref_1' : undefined;
  return exchange({
    operation,
    row: operationRow(operation),
    key: undefined,
    data: { ...data, refund_id, request },
  });
};
const byAlias = question('sync', { connector_transaction_id: 'bridge:authorize:att_1' });

const noWorkers = failing('NO_WORKERS_AVAILABLE');
const says = (reply: BridgeResponse): Send => {
  return async () => reply;
};
const unknownId = says({
  status: 'failure',
  error: { code: 'resource_missing', message: 'No such payment' },
});

/** With the records that there are, by key. */
function policy(records: Record<string, LedgerEntry>, captureMethod?: string) {
  const asked: string[] = [];
  const send = answerFromLedger({
    find: async (merchantId, key) => {
      expect(merchantId).toBe('m');
      asked.push(key);
      return records[key];
    },
    findCaptureMethod: async () => captureMethod,
    withdrawUnsent: async () => false,
  });
  return { send, asked };
}

describe('answerFromLedger', () => {
  it.each<[string, Send]>([
    ['nobody is there', noWorkers],
    ['nobody answers', failing('NATS_TIMEOUT')],
    ['the breaker is open', failing('CIRCUIT_OPEN')],
    ['the reply cannot be read', failing('INVALID_WORKER_REPLY')],
    ['the worker has no such id', unknownId],
    [
      'the worker says so by its status',
      says({ status: 'failure', attempt_status: 'unresolved', error: { code: 'x', message: 'x' } }),
    ],
  ])('gives the recorded answer when %s', async (_when, next) => {
    const { send } = policy({ 'authorize:att_1': answered() });
    expect(await send(next)(byAlias)).toEqual({
      status: 'success',
      transaction_id: 'real_1',
      attempt_status: 'CHARGED',
    });
  });

  it.each<[string, Send]>([
    ['knows', says({ status: 'success', transaction_id: 'real_1', attempt_status: 'VOIDED' })],
    ['is not sure', says({ status: 'processing' })],
    ['says it failed', says({ status: 'failure', error: { code: 'charge_reversed', message: 'x' } })],
  ])('leaves the word to a worker that %s', async (_what, next) => {
    const { send } = policy({ 'authorize:att_1': answered() });
    expect(await send(next)(byAlias)).toEqual(await next(byAlias));
  });

  it('finds what was asked about without an id', async () => {
    const withoutId = question('sync', { connector_transaction_id: '' });
    const authorized = policy({ 'authorize:att_1': answered() });
    expect(await authorized.send(noWorkers)(withoutId)).toMatchObject({ transaction_id: 'real_1' });
    const charged = policy({ 'charge:att_1': answered() });
    expect(await charged.send(noWorkers)(withoutId)).toMatchObject({ attempt_status: 'CHARGED' });
  });

  it('tells a redirect only to who asks by the id of the step that led there: the customer may be back', async () => {
    const { send } = policy({ 'authorize:att_1': answered({ status: 'processing', redirection: {} }) });
    expect(await send(noWorkers)(byAlias)).toMatchObject({ attempt_status: 'AUTHENTICATION_PENDING' });
    const withoutId = question('sync', { connector_transaction_id: '' });
    await expect(send(noWorkers)(withoutId)).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
  });

  it('finds what began otherwise than the alias says, which was given for the attempt alone', async () => {
    const { send } = policy({ 'charge:att_1': answered() });
    const charged = { transaction_id: 'real_1', attempt_status: 'CHARGED' };
    for (const next of [noWorkers, unknownId]) expect(await send(next)(byAlias)).toMatchObject(charged);
    const running = policy({ 'charge:att_1': entry('claimed') });
    expect(await running.send(unknownId)(byAlias)).toEqual({ status: 'processing' });
    const ofCharge = question('sync', { connector_transaction_id: 'bridge:charge:att_1' });
    const authorized = policy({ 'authorize:att_1': answered() });
    await expect(authorized.send(noWorkers)(ofCharge)).rejects.toMatchObject({
      code: 'NO_WORKERS_AVAILABLE',
    });
  });

  it.each([
    [undefined, undefined, 'CHARGED'],
    ['MANUAL', undefined, 'AUTHORIZED'],
    [undefined, 'MANUAL', 'AUTHORIZED'],
  ])('captured %s by the note and %s by the question is %s', async (noted, asked, status) => {
    const { send } = policy({ 'authorize:att_1': answered() }, noted);
    const one = question('sync', { ...byAlias.data.request, capture_method: asked });
    expect(await send(noWorkers)(one)).toMatchObject({ attempt_status: status });
  });

  it('tells what was withdrawn as a failure: nothing happened, and nothing will', async () => {
    const { send } = policy({ 'authorize:att_1': entry('withdrawn') });
    expect(await send(noWorkers)(byAlias)).toMatchObject({
      status: 'failure',
      error: { code: 'NO_WORKERS_AVAILABLE' },
    });
  });

  it('tells nothing by a return from a redirect that was withdrawn: the customer may have paid', async () => {
    const key = 'authorize:att_1:complete:hash';
    const { send } = policy({ [key]: entry('withdrawn') });
    const byReturn = question('sync', { connector_transaction_id: `bridge:${key}` });
    await expect(send(noWorkers)(byReturn)).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
  });

  it.each<RecordState>(['claimed', 'sent'])(
    'does not let an unknown id count as a failure while the record is %s',
    async (state) => {
      const { send } = policy({ 'authorize:att_1': entry(state) });
      expect(await send(unknownId)(byAlias)).toEqual({ status: 'processing' });
      await expect(send(noWorkers)(byAlias)).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    },
  );

  it('does not let a failure count while a worker has the operation in hand, unless it names a status', async () => {
    const inHand = (leaseUntil: number): LedgerEntry => ({
      record: { state: 'claimed', seq: 1, at: 0, retry: 0, leaseUntil },
      answer: undefined,
    });
    const plain = { status: 'failure', error: { code: 'bad_request', message: 'x' } } as const;
    const named = { ...plain, attempt_status: 'FAILURE' };
    const running = policy({ 'authorize:att_1': inHand(Date.now() + 60_000) });
    expect(await running.send(says(plain))(byAlias)).toEqual({ status: 'processing' });
    expect(await running.send(says(named))(byAlias)).toEqual(named);
    const ended = policy({ 'authorize:att_1': inHand(Date.now() - 1) });
    expect(await ended.send(says(plain))(byAlias)).toEqual(plain);
  });

  it('knows nothing of what was never recorded', async () => {
    const { send } = policy({});
    expect(await send(unknownId)(byAlias)).toMatchObject({ status: 'failure' });
    await expect(send(noWorkers)(byAlias)).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
  });

  it.each(['capture:att_1', 'void:att_1', 'reverse:att_1'])(
    'says nothing of an authorization after which there was %s',
    async (later) => {
      const { send } = policy({ 'authorize:att_1': answered(), [later]: entry('claimed') });
      await expect(send(noWorkers)(byAlias)).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    },
  );

  it("never answers who asks with the processor's id, who sends, or who cannot be told", async () => {
    const { send, asked } = policy({ 'authorize:att_1': answered(), 'capture:att_1': answered() });
    for (const one of [
      question('sync', { connector_transaction_id: 'real_1' }),
      question('refund_sync', { refund_id: 'real_1' }),
      exchange(),
      { ...byAlias, isDurable: false },
    ])
      await expect(send(noWorkers)(one)).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    for (const code of ['CANCELLED', 'VALIDATION_ERROR'] as const)
      await expect(send(failing(code))(byAlias)).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  });

  it('answers for refunds, by alias and by their own id', async () => {
    const { send } = policy({ 'refund:ref_1': answered() });
    for (const request of [
      { refund_id: 'bridge:refund:ref_1' },
      { connector_refund_id: 'bridge:refund:ref_1' },
      {},
    ])
      expect(await send(noWorkers)(question('refund_sync', request))).toMatchObject({
        transaction_id: 'real_1',
        refund_status: 'REFUND_SUCCESS',
      });
  });

  it('lets the first error stand when the ledger cannot be read, and no failure that names no status', async () => {
    const send = answerFromLedger({
      find: async () => {
        throw new Error('no connection');
      },
      findCaptureMethod: async () => undefined,
      withdrawUnsent: async () => false,
    });
    await expect(send(noWorkers)(byAlias)).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    const plain = { status: 'failure', error: { code: 'bad_request', message: 'x' } } as const;
    const named = { ...plain, attempt_status: 'FAILURE' };
    for (const next of [unknownId, says(plain)])
      expect(await send(next)(byAlias)).toEqual({ status: 'processing' });
    expect(await send(says(named))(byAlias)).toEqual(named);
  });
});
