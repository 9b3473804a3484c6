import { ConnectionClosedError } from '@nats-bridge/messaging';
import type { BridgeErrorCode } from '@nats-bridge/protocol';
import { describe, expect, it, vi } from 'vitest';
import { encodeAnswer } from '../ledger/answer.js';
import { doubtWorld, exchange, failing, memoryLedger, success } from '../testing/exchanges.js';
import { mindEarlierCall } from './mind-earlier-call.js';

describe('mindEarlierCall', () => {
  const refused = (changes: Partial<ReturnType<typeof memoryLedger>>, code: BridgeErrorCode) =>
    mindEarlierCall({
      ...doubtWorld({ ledger: { ...memoryLedger(), ...changes }, sleep: async () => {} }),
      isWaiting: async () => false,
    })(failing(code))(exchange());

  it('says "failed" where the ledger knows nothing of the key, or that it was withdrawn', async () => {
    const ledger = memoryLedger();
    await expect(refused(ledger, 'NO_WORKERS_AVAILABLE')).rejects.toMatchObject({ phase: 'before_send' });
    await ledger.write('m', 'k', { state: 'withdrawn', retry: 0 }, 0);
    await expect(refused(ledger, 'CIRCUIT_OPEN')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  });

  it.each(['RATE_LIMITED', 'NO_WORKERS_AVAILABLE'] as const)(
    'is in doubt after %s where the first call waits in the stream, and nobody has begun it yet',
    async (code) => {
      const world = doubtWorld();
      const isWaiting = vi.fn(async () => true);
      const send = mindEarlierCall({ ...world, isWaiting })(failing(code));
      await expect(send(exchange())).rejects.toMatchObject({ code: 'NATS_TIMEOUT', phase: 'sent_unknown' });
      expect(isWaiting).toHaveBeenCalledWith('m', 'capture:att_1');
      await world.ledger.write('m', 'k', { state: 'withdrawn', retry: 0 }, 0);
      await expect(send(exchange())).rejects.toMatchObject({ code });
    },
  );

  it('is in doubt while streams are restored, and writes nothing: what is there does not tell', async () => {
    const ledger = memoryLedger();
    const world = doubtWorld({ ledger, sleep: async () => {} });
    const restoring = { isWaiting: async () => false, isRestoring: async () => true };
    const send = mindEarlierCall({ ...world, ...restoring })(failing('RATE_LIMITED'));
    await expect(send(exchange())).rejects.toMatchObject({ code: 'NATS_TIMEOUT', phase: 'sent_unknown' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await ledger.findLatest('m', 'capture:att_1')).toBeUndefined();
  });

  it('gives a repeat that cannot be sent the answer of the first, or its doubt', async () => {
    const ledger = memoryLedger();
    const seq = await ledger.write('m', 'k', { state: 'claimed', retry: 0 }, 0);
    await expect(refused(ledger, 'NO_WORKERS_AVAILABLE')).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'sent_unknown',
    });
    await ledger.write('m', 'k', { state: 'answered', retry: 0 }, seq, encodeAnswer(success));
    for (const code of ['NO_WORKERS_AVAILABLE', 'MESSAGE_TOO_LARGE', 'SHUTTING_DOWN'] as const)
      expect(await refused(ledger, code)).toEqual(success);
  });

  it.each([
    ['does not answer in time', () => new Promise<never>(() => {})],
    ['cannot be asked', () => Promise.reject(new Error('no leader'))],
  ])('is in doubt where the ledger %s: it may have an earlier call', async (_what, findLatest) => {
    for (const code of ['CIRCUIT_OPEN', 'SHUTTING_DOWN'] as const)
      await expect(refused({ findLatest }, code)).rejects.toMatchObject({
        code: 'NATS_TIMEOUT',
        phase: 'sent_unknown',
      });
  });

  it.each([
    ['withdraws the call when the ledger answers again and has none', 'nothing', ['withdrawn']],
    ['leaves an earlier call as it is', 'claimed', ['claimed']],
  ] as const)('%s', async (_what, before, states) => {
    const ledger = memoryLedger();
    if (before === 'claimed') await ledger.write('m', 'k', { state: 'claimed', retry: 0 }, 0);
    let asked = 0;
    const findLatest: typeof ledger.findLatest = (...of) =>
      ++asked === 1 ? new Promise<never>(() => {}) : ledger.findLatest(...of);
    await expect(refused({ ...ledger, findLatest }, 'CIRCUIT_OPEN')).rejects.toMatchObject({
      phase: 'sent_unknown',
    });
    await vi.waitFor(() => expect(asked).toBe(2));
    await vi.waitFor(() => expect(ledger.history.map(({ state }) => state)).toEqual(states));
  });

  it('asks nobody about a call that is wrong in itself, and waits for no ledger where it is cut off from it', async () => {
    const findLatest = vi.fn(() => new Promise<never>(() => {}));
    await expect(refused({ findLatest }, 'VALIDATION_ERROR')).rejects.toThrow();
    expect(findLatest).not.toHaveBeenCalled();
    await expect(refused({ findLatest }, 'NATS_UNREACHABLE')).rejects.toMatchObject({
      code: 'NATS_UNREACHABLE',
    });
    const closed = { findLatest: () => Promise.reject(new ConnectionClosedError()) };
    await expect(refused(closed, 'SHUTTING_DOWN')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
