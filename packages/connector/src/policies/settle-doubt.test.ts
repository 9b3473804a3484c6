import { RecordChangedError } from '@nats-bridge/messaging';
import { BridgeError, type NewRecord } from '@nats-bridge/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../call/exchange.js';
import { encodeAnswer } from '../ledger/answer.js';
import { doubtWorld, exchange, failing, memoryLedger, success } from '../testing/exchanges.js';
import { type SettleDoubtWorld, settleDoubt } from './settle-doubt.js';

describe('settleDoubt', () => {
  const settle = (
    ledger = memoryLedger(),
    takeBack: (one: Exchange, error: BridgeError) => Promise<boolean> = async () => false,
  ) => settleDoubt(doubtWorld({ ledger, takeBack }));

  it('withdraws what nobody has begun: then it may be answered as failed', async () => {
    const ledger = memoryLedger();
    await expect(settle(ledger)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject({
      code: 'NO_WORKERS_AVAILABLE',
      phase: 'before_send',
    });
    expect(ledger.history).toMatchObject([{ state: 'withdrawn', by: 'bridge', reason: 'NATS_TIMEOUT' }]);
  });

  it('says of a call that was given up that it was cancelled', async () => {
    await expect(settle()(failing('CANCELLED'))(exchange())).rejects.toMatchObject({
      code: 'CANCELLED',
      phase: 'before_send',
    });
  });

  it('says "failed" of what was withdrawn already, and writes nothing more', async () => {
    const ledger = memoryLedger();
    await ledger.write('m', 'k', { state: 'withdrawn', retry: 0 }, 0);
    const write = vi.spyOn(ledger, 'write');
    await expect(settle(ledger)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject({
      code: 'NO_WORKERS_AVAILABLE',
    });
    expect(write).not.toHaveBeenCalled();
  });

  it('stays in doubt when the answer that stands cannot be read', async () => {
    const record = { state: 'answered', seq: 1, at: 0, retry: 0 } as const;
    const ledger = { ...memoryLedger(), findLatest: async () => ({ record, answer: undefined }) };
    const send = settle(ledger)(failing('NATS_TIMEOUT'));
    await expect(send(exchange())).rejects.toMatchObject({ code: 'NATS_TIMEOUT', phase: 'sent_unknown' });
  });

  it('never gives the answer to a request that asked for something else', async () => {
    const ledger = memoryLedger();
    const record = { state: 'answered', retry: 0, fingerprint: 'of another' } as const;
    await ledger.write('m', 'k', record, 0, encodeAnswer(success));
    await expect(settle(ledger)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
    });
  });

  it('stays in doubt once somebody has begun', async () => {
    const ledger = memoryLedger();
    await ledger.write('m', 'k', { state: 'claimed', retry: 0 }, 0);
    await expect(settle(ledger)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'sent_unknown',
    });
    expect(ledger.history).toHaveLength(1);
  });

  it('gives the answer that came meanwhile', async () => {
    const ledger = memoryLedger();
    await ledger.write('m', 'k', { state: 'answered', retry: 0 }, 0, encodeAnswer(success));
    expect(await settle(ledger)(failing('NATS_TIMEOUT'))(exchange())).toEqual(success);
  });

  it('decides anew when a worker claims in the moment of the withdrawal', async () => {
    const ledger = memoryLedger();
    const racing = {
      ...ledger,
      findLatest: vi.fn(async () => {
        const seen = await ledger.findLatest('m', 'k');
        if (seen === undefined) await ledger.write('m', 'k', { state: 'claimed', retry: 0 }, 0);
        return seen;
      }),
    };
    const send = settle(racing)(failing('NATS_TIMEOUT'));
    await expect(send(exchange())).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    expect(ledger.history.map(({ state }) => state)).toEqual(['claimed']);
  });

  it('takes back what was sent to workers without records, if no consumer has got it', async () => {
    const sent = async (changes: Partial<NewRecord> = {}) => {
      const ledger = memoryLedger();
      await ledger.write('m', 'k', { state: 'sent', correlationId: 'c', retry: 0, ...changes }, 0);
      return ledger;
    };
    await expect(
      settle(await sent(), async () => true)(failing('NATS_TIMEOUT'))(exchange()),
    ).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    await expect(
      settle(await sent(), async () => false)(failing('NATS_TIMEOUT'))(exchange()),
    ).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    const takeBack = vi.fn(async () => true);
    for (const another of [{ correlationId: 'of an earlier call' }, { retry: 1 }])
      await expect(
        settle(await sent(another), takeBack)(failing('NATS_TIMEOUT'))(exchange()),
      ).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    await expect(settle(memoryLedger(), takeBack)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject(
      { code: 'NO_WORKERS_AVAILABLE' },
    );
    expect(takeBack).not.toHaveBeenCalled();
  });

  it('notes what workers without records may have got unnoted, and takes it back only then', async () => {
    const settled = async (isTakenBack: boolean) => {
      const ledger = memoryLedger();
      const letGo = vi.fn();
      const takeBack = vi.fn(async () => isTakenBack);
      const world = doubtWorld({ ledger, takeBack, letGo, isGuarded: async () => false });
      const thrown = await settleDoubt(world)(failing('NATS_TIMEOUT'))(exchange()).catch((error) => error);
      return { thrown, states: ledger.history.map(({ state }) => state), letGo };
    };
    const doubtful = await settled(false);
    expect(doubtful.thrown).toMatchObject({ code: 'NATS_TIMEOUT', phase: 'sent_unknown' });
    expect(doubtful.states).toEqual(['sent']);
    expect(doubtful.letGo).not.toHaveBeenCalled();
    const over = await settled(true);
    expect(over.thrown).toMatchObject({ code: 'NO_WORKERS_AVAILABLE', phase: 'before_send' });
    expect(over.states).toEqual(['sent', 'withdrawn']);
    expect(over.letGo).toHaveBeenCalledTimes(1);
  });

  it('stays in doubt when the ledger cannot be asked', async () => {
    const broken = {
      ...memoryLedger(),
      findLatest: async () => {
        throw new Error('no stream');
      },
    };
    const send = settle(broken, async () => true)(failing('NATS_TIMEOUT'));
    await expect(send(exchange())).rejects.toMatchObject({ code: 'NATS_TIMEOUT', phase: 'sent_unknown' });
  });

  it('gives the ledger its outcome later, when it could not be asked at the time', async () => {
    const ledger = memoryLedger();
    let isAway = true;
    const flaky = {
      ...ledger,
      findLatest: (merchantId: string, key: string) => {
        if (isAway) throw new Error('NATS is away');
        return ledger.findLatest(merchantId, key);
      },
    };
    const wakes: (() => void)[] = [];
    const world = doubtWorld({
      ledger: { ...flaky, findLatest: async (...args: [string, string]) => flaky.findLatest(...args) },
      sleep: () => new Promise<void>((resolve) => wakes.push(resolve)),
    });
    await expect(settleDoubt(world)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
    });
    wakes.shift()?.();
    await new Promise(setImmediate);
    expect(ledger.history).toEqual([]);
    isAway = false;
    wakes.shift()?.();
    await new Promise(setImmediate);
    expect(ledger.history).toMatchObject([{ state: 'withdrawn' }]);
    expect(wakes).toEqual([]);
  });

  it('asks later as often as it promises, not once the bridge closes, and never about what is decided', async () => {
    const away = async () => {
      throw new Error('NATS is away');
    };
    const pausesOf = async (more: Partial<SettleDoubtWorld>) => {
      const sleep = vi.fn(async (_: number) => {});
      const world = doubtWorld({ sleep, ...more });
      await expect(settleDoubt(world)(failing('NATS_TIMEOUT'))(exchange())).rejects.toThrow(BridgeError);
      await new Promise(setImmediate);
      return sleep.mock.calls.map(([ms]) => ms);
    };
    const ledger = { ...memoryLedger(), findLatest: away };
    const pauses = await pausesOf({ ledger });
    expect(pauses).toHaveLength(25);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
    expect(await pausesOf({ ledger, isClosing: () => true })).toEqual([]);
    expect(await pausesOf({})).toEqual([]);
  });

  it('asks again of a record that others change, five times at most, then stays in doubt and asks later', async () => {
    const changing = (isAnsweredAfter: number) => {
      const ledger = memoryLedger();
      const write = vi.fn(async () => {
        if (write.mock.calls.length === isAnsweredAfter)
          await ledger.write('m', 'k', { state: 'answered', retry: 0 }, 0, encodeAnswer(success));
        throw new RecordChangedError('m.k', 0);
      });
      return { ...ledger, write };
    };
    expect(await settle(changing(1))(failing('NATS_TIMEOUT'))(exchange())).toEqual(success);
    expect(await settle(changing(4))(failing('NATS_TIMEOUT'))(exchange())).toEqual(success);
    const restless = changing(6);
    const later = { after: () => {} };
    const world = doubtWorld({
      ledger: restless,
      sleep: () => new Promise<void>((resolve) => Object.assign(later, { after: resolve })),
    });
    await expect(settleDoubt(world)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'sent_unknown',
    });
    expect(restless.write).toHaveBeenCalledTimes(5);
    later.after();
    await new Promise(setImmediate);
    expect(restless.history).toMatchObject([{ state: 'answered' }]);
    expect(restless.write).toHaveBeenCalledTimes(6);
  });

  it('keeps nobody waiting for a ledger that does not answer', async () => {
    const silent = { ...memoryLedger(), findLatest: () => new Promise<never>(() => {}) };
    const send = settle(silent, async () => true)(failing('NATS_TIMEOUT'));
    await expect(send(exchange())).rejects.toMatchObject({ code: 'NATS_TIMEOUT', phase: 'sent_unknown' });
  });

  it('asks nobody about what certainly was not sent, or has no record', async () => {
    const ledger = memoryLedger();
    const findLatest = vi.spyOn(ledger, 'findLatest');
    await expect(settle(ledger)(failing('STORE_REFUSED'))(exchange())).rejects.toThrow();
    await expect(settle(ledger)(failing('NATS_TIMEOUT'))(exchange({ key: undefined }))).rejects.toMatchObject(
      { code: 'NATS_TIMEOUT' },
    );
    await expect(
      settle(ledger)(failing('NATS_TIMEOUT'))(exchange({ isDurable: false })),
    ).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    expect(findLatest).not.toHaveBeenCalled();
  });
});
