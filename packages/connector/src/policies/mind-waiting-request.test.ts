import { BridgeError, type BridgeResponse, operationRow } from '@nats-bridge/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { Send } from '../call/exchange.js';
import { exchange, memoryLedger, success } from '../testing/exchanges.js';
import { type MindWaitingRequestWorld, mindWaitingRequest } from './mind-waiting-request.js';

const missing: BridgeResponse = {
  status: 'failure',
  attempt_status: 'UNRESOLVED',
  error: { code: 'resource_missing', message: 'No such payment' },
};
const { data } = exchange();
const question = (id: string) =>
  exchange({
    operation: 'sync',
    row: operationRow('sync'),
    key: undefined,
    data: { ...data, request: { connector_transaction_id: id } },
  });
const ALIAS = 'bridge:authorize:att_1';
const unknownId: Send = async () => missing;
const send = (world: Partial<MindWaitingRequestWorld>, next = unknownId) =>
  mindWaitingRequest({ isWaiting: async () => false, ledger: memoryLedger(), ...world })(next);

describe('mindWaitingRequest', () => {
  it.each([ALIAS, ''])(
    'does not let an unknown id (%j) count as a failure while its request waits',
    async (id) => {
      const waiting = send({
        isWaiting: async (merchant, key) => `${merchant}:${key}` === 'm:authorize:att_1',
      });
      expect(await waiting(question(id))).toEqual({ status: 'processing' });
    },
  );

  it('leaves the word to the worker about what waits nowhere and was never recorded', async () => {
    expect(await send({})(question(ALIAS))).toBe(missing);
  });

  it('asks once more about what was begun and recorded while the question was on its way', async () => {
    const ledger = memoryLedger();
    const next = vi.fn<Send>().mockResolvedValueOnce(missing).mockResolvedValueOnce(success);
    await ledger.write('m', 'authorize:att_1', { state: 'claimed', retry: 0 }, 0);
    expect(await send({ ledger }, next)(question(ALIAS))).toBe(success);
    expect(next).toHaveBeenCalledTimes(2);
  });

  it('stays in doubt where the streams cannot be read', async () => {
    const broken = async () => {
      throw new Error('no connection');
    };
    expect(await send({ isWaiting: broken })(question(ALIAS))).toEqual({ status: 'processing' });
    const ledger = { findLatest: broken };
    expect(await send({ ledger })(question(ALIAS))).toEqual({ status: 'processing' });
  });

  it("looks nowhere for the processor's own ids, other operations, other answers and what no stream keeps", async () => {
    const isWaiting = vi.fn(async () => true);
    const declined: BridgeResponse = { status: 'failure', error: { code: 'card_declined', message: 'x' } };
    expect(await send({ isWaiting })(question('pi_1'))).toBe(missing);
    expect(await send({ isWaiting })(exchange())).toBe(missing);
    expect(await send({ isWaiting })({ ...question(ALIAS), isDurable: false })).toBe(missing);
    expect(await send({ isWaiting }, async () => success)(question(ALIAS))).toBe(success);
    expect(await send({ isWaiting }, async () => declined)(question(ALIAS))).toBe(declined);
    const noWorkers = async () => {
      throw new BridgeError('NO_WORKERS_AVAILABLE');
    };
    await expect(send({ isWaiting }, noWorkers)(question(ALIAS))).rejects.toBeInstanceOf(BridgeError);
    expect(isWaiting).not.toHaveBeenCalled();
  });
});
