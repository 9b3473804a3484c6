import { RecordChangedError } from '@nats-bridge/messaging';
import { BridgeError, type BridgeErrorCode } from '@nats-bridge/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../exchange.js';
import { encodeAnswer } from '../ledger/answer.js';
import { exchange, memoryLedger, success } from '../testing/exchanges.js';
import { keepRecord } from './keep-record.js';
import { mindEarlierCall } from './mind-earlier-call.js';
import { type SettleDoubtWorld, settleDoubt } from './settle-doubt.js';

const failing = (code: BridgeErrorCode) => async () => {
  throw new BridgeError(code);
};

describe('settleDoubt', () => {
  const settle = (
    ledger = memoryLedger(),
    takeBack: (one: Exchange, error: BridgeError) => Promise<boolean> = async () => false,
  ) => settleDoubt({ ledger, bridge: 'bridge', takeBack, isGuarded: async () => true });

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
    const send = settleDoubt({
      ledger,
      bridge: 'b',
      takeBack: async () => false,
      isGuarded: async () => true,
    })(failing('NATS_TIMEOUT'));
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
    const send = settleDoubt({
      ledger: racing,
      bridge: 'b',
      takeBack: async () => false,
      isGuarded: async () => true,
    })(failing('NATS_TIMEOUT'));
    await expect(send(exchange())).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    expect(ledger.history.map(({ state }) => state)).toEqual(['claimed']);
  });

  it('takes back what was sent to workers without records, if no consumer has got it', async () => {
    const sent = async () => {
      const ledger = memoryLedger();
      await ledger.write('m', 'k', { state: 'sent', retry: 0 }, 0);
      return ledger;
    };
    await expect(
      settle(await sent(), async () => true)(failing('NATS_TIMEOUT'))(exchange()),
    ).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    await expect(
      settle(await sent(), async () => false)(failing('NATS_TIMEOUT'))(exchange()),
    ).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    const takeBack = vi.fn(async () => true);
    await expect(settle(memoryLedger(), takeBack)(failing('NATS_TIMEOUT'))(exchange())).rejects.toMatchObject(
      { code: 'NO_WORKERS_AVAILABLE' },
    );
    expect(takeBack).not.toHaveBeenCalled();
  });

  it('stays in doubt when the ledger cannot be asked', async () => {
    const broken = {
      ...memoryLedger(),
      findLatest: async () => {
        throw new Error('no stream');
      },
    };
    const send = settleDoubt({
      ledger: broken,
      bridge: 'b',
      takeBack: async () => true,
      isGuarded: async () => true,
    })(failing('NATS_TIMEOUT'));
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
    const world = {
      ledger: { ...flaky, findLatest: async (...args: [string, string]) => flaky.findLatest(...args) },
      bridge: 'b',
      takeBack: async () => false,
      isGuarded: async () => true,
      sleep: () => new Promise<void>((resolve) => wakes.push(resolve)),
    };
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
      const world = {
        ledger: memoryLedger(),
        bridge: 'b',
        takeBack: async () => false,
        isGuarded: async () => true,
        sleep,
        ...more,
      };
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
    const world = {
      ledger: restless,
      bridge: 'b',
      takeBack: async () => false,
      isGuarded: async () => true,
      sleep: () => new Promise<void>((resolve) => Object.assign(later, { after: resolve })),
    };
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
    const send = settleDoubt({
      ledger: silent,
      bridge: 'b',
      takeBack: async () => true,
      isGuarded: async () => true,
    })(failing('NATS_TIMEOUT'));
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

describe('mindEarlierCall', () => {
  const refused = (changes: Partial<ReturnType<typeof memoryLedger>>, code: BridgeErrorCode) =>
    mindEarlierCall({
      ledger: { ...memoryLedger(), ...changes },
      isWaiting: async () => false,
      bridge: 'bridge',
      takeBack: async () => false,
      isGuarded: async () => true,
      sleep: async () => {},
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
      const world = {
        ledger: memoryLedger(),
        bridge: 'b',
        takeBack: async () => false,
        isGuarded: async () => true,
      };
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
    const world = {
      ledger,
      bridge: 'b',
      takeBack: async () => false,
      isGuarded: async () => true,
      sleep: async () => {},
    };
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
    expect(await refused(ledger, 'NO_WORKERS_AVAILABLE')).toEqual(success);
  });

  it.each([
    ['does not answer in time', () => new Promise<never>(() => {})],
    ['cannot be asked', () => Promise.reject(new Error('no leader'))],
  ])('is in doubt where the ledger %s: it may have an earlier call', async (_what, findLatest) => {
    await expect(refused({ findLatest }, 'CIRCUIT_OPEN')).rejects.toMatchObject({
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

  it('asks nobody about a call that is wrong in itself, and waits for no ledger', async () => {
    const findLatest = vi.fn(() => new Promise<never>(() => {}));
    await expect(refused({ findLatest }, 'VALIDATION_ERROR')).rejects.toThrow();
    expect(findLatest).not.toHaveBeenCalled();
    await expect(refused({ findLatest }, 'NATS_UNREACHABLE')).rejects.toMatchObject({
      code: 'NATS_UNREACHABLE',
    });
  });
});

describe('keepRecord', () => {
  const unguarded = (request = {}) =>
    exchange({ workers: 'consumers', deadlineAt: Date.now() + 300 }, request);
  const keep = (ledger = memoryLedger(), onUnrecorded = vi.fn()) =>
    keepRecord({ withdrawUnsent: async () => false, ledger, bridge: 'bridge', onUnrecorded });

  it('announces what goes to workers without records, and records their answer', async () => {
    const ledger = memoryLedger();
    let during = 0;
    const send = keep(ledger)(async () => {
      during = ledger.history.length;
      return success;
    });
    expect(await send(unguarded())).toEqual(success);
    expect(during).toBe(1);
    expect(ledger.history.map(({ state }) => state)).toEqual(['sent', 'answered']);
    expect((await ledger.findLatest('m', 'k'))?.answer).toEqual(success);
  });

  it('says in its announcement whether somebody hears the request as it passes: then it is never taken back', async () => {
    for (const [workers, isHeard] of [
      ['subscribers', true],
      ['consumers', false],
      ['unclear', false],
    ] as const) {
      const ledger = memoryLedger();
      await keep(ledger)(async () => success)({ ...unguarded(), workers });
      expect(ledger.history[0], workers).toMatchObject({ state: 'sent', isHeard });
    }
  });

  it('has what was announced and never sent ended by its repeat, which looks at it once', async () => {
    const ledger = memoryLedger();
    const seq = await ledger.write('m', 'k', { state: 'sent', retry: 0 }, 0);
    const withdrawUnsent = vi.fn(async (merchantId: string, key: string) => {
      await ledger.write(merchantId, key, { state: 'withdrawn', retry: 0 }, seq);
      return true;
    });
    const send = keepRecord({ withdrawUnsent, ledger, bridge: 'b', onUnrecorded: vi.fn() })(vi.fn());
    await expect(send(unguarded())).rejects.toMatchObject({ code: 'NO_WORKERS_AVAILABLE' });
    expect(withdrawUnsent.mock.calls).toMatchObject([['m', exchange().key, { state: 'sent' }]]);

    // Where it was sent, or the look fails, its answer is waited for.
    for (const look of [async () => false, () => Promise.reject(new Error('no stream'))]) {
      const open = memoryLedger();
      await open.write('m', 'k', { state: 'sent', retry: 0 }, 0);
      const looked = vi.fn(look);
      const wait = keepRecord({ withdrawUnsent: looked, ledger: open, bridge: 'b', onUnrecorded: vi.fn() });
      await expect(wait(vi.fn())(unguarded())).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
      expect(looked).toHaveBeenCalledOnce();
    }
  });

  it('waits on where the ledger cannot be read just now: that the key was sent is known', async () => {
    const ledger = memoryLedger();
    await ledger.write('m', 'k', { state: 'sent', retry: 0 }, 0);
    const findLatest = vi.fn(() => Promise.reject(new Error('NATS is away')));
    const withdrawUnsent = vi.fn(async () => false);
    const world = { withdrawUnsent, ledger: { ...ledger, findLatest }, bridge: 'b', onUnrecorded: vi.fn() };
    await expect(keepRecord(world)(vi.fn())(unguarded())).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'sent_unknown',
    });
    expect(findLatest.mock.calls.length).toBeGreaterThan(1);
    expect(withdrawUnsent).not.toHaveBeenCalled();
  });

  it('does not send a repeat: it has the first answer, or waits for it', async () => {
    const ledger = memoryLedger();
    const next = vi.fn(async () => success);
    const send = keep(ledger)(next);
    await send(unguarded());
    expect(await send(unguarded())).toEqual(success);
    expect(next).toHaveBeenCalledOnce();

    const open = memoryLedger();
    const seq = await open.write('m', 'k', { state: 'sent', retry: 0 }, 0);
    const waiting = keep(open)(next)(unguarded());
    await open.write('m', 'k', { state: 'answered', retry: 0 }, seq, encodeAnswer(success));
    expect(await waiting).toEqual(success);

    const never = memoryLedger();
    await never.write('m', 'k', { state: 'sent', retry: 0 }, 0);
    await expect(keep(never)(next)(unguarded())).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'sent_unknown',
    });
    expect(next).toHaveBeenCalledOnce();
  });

  it('refuses a repeat that asks for something else', async () => {
    const send = keep()(async () => success);
    await send(unguarded({ amount: 1 }));
    await expect(send(unguarded({ amount: 2 }))).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
  });

  it('takes its announcement back when nothing could be sent', async () => {
    const ledger = memoryLedger();
    await expect(keep(ledger)(failing('STORE_REFUSED'))(unguarded())).rejects.toMatchObject({
      code: 'STORE_REFUSED',
    });
    expect(ledger.history.map(({ state }) => state)).toEqual(['sent', 'withdrawn']);
    const doubt = memoryLedger();
    await expect(keep(doubt)(failing('NATS_TIMEOUT'))(unguarded())).rejects.toThrow();
    expect(doubt.history.map(({ state }) => state)).toEqual(['sent']);
  });

  it('has its announcement taken back before the caller hears that nothing was sent, if that is soon', async () => {
    const ledger = memoryLedger();
    const write: typeof ledger.write = async (...args) => {
      if (args[2].state === 'withdrawn') await new Promise((resolve) => setTimeout(resolve, 50));
      return ledger.write(...args);
    };
    await expect(keep({ ...ledger, write })(failing('STORE_REFUSED'))(unguarded())).rejects.toThrow();
    expect(ledger.history.map(({ state }) => state)).toEqual(['sent', 'withdrawn']);
    const stuck: typeof ledger.write = (...args) =>
      args[2].state === 'withdrawn' ? new Promise(() => {}) : memoryLedger().write(...args);
    await expect(
      keep({ ...ledger, write: stuck })(failing('STORE_REFUSED'))(unguarded()),
    ).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  });

  /** The ledger cannot be written for so many times, once the request is announced. */
  const electing = (ledger: ReturnType<typeof memoryLedger>, times: number, changes = {}) => {
    const pauses: number[] = [];
    let left = times;
    const world = {
      withdrawUnsent: async () => false,
      ledger: {
        ...ledger,
        write: vi.fn<typeof ledger.write>(async (...args) => {
          if (args[2].state === 'answered' && left-- > 0) throw new Error('no leader');
          return ledger.write(...args);
        }),
      },
      bridge: 'b',
      onUnrecorded: vi.fn(),
      sleep: async (ms: number) => {
        pauses.push(ms);
      },
      ...changes,
    };
    return { world, pauses, send: keepRecord(world)(async () => success) };
  };

  it('records an answer as soon as the ledger can be written again, and keeps nobody waiting for it', async () => {
    const ledger = memoryLedger();
    let wake: () => void = () => {};
    const sleep = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    const { send, world } = electing(ledger, 1, { sleep });
    expect(await send(unguarded())).toEqual(success);
    expect(ledger.history.map(({ state }) => state)).toEqual(['sent']);
    wake();
    await vi.waitFor(async () => expect((await ledger.findLatest('m', 'k'))?.answer).toEqual(success));
    expect(world.onUnrecorded).not.toHaveBeenCalled();
  });

  it('gives the answer that it could not record for half a minute, and says so', async () => {
    const { send, world, pauses } = electing(memoryLedger(), 99);
    expect(await send(unguarded())).toEqual(success);
    await vi.waitFor(() => expect(world.onUnrecorded).toHaveBeenCalledOnce());
    expect(world.ledger.write).toHaveBeenCalledTimes(1 + 12);
    const waited = pauses.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(20_000);
    expect(waited).toBeLessThan(35_000);
  });

  it('tries no longer once the bridge closes', async () => {
    const { send, world } = electing(memoryLedger(), 99, { isClosing: () => true });
    expect(await send(unguarded())).toEqual(success);
    await vi.waitFor(() => expect(world.onUnrecorded).toHaveBeenCalledOnce());
    expect(world.ledger.write).toHaveBeenCalledTimes(2);
  });

  it('leaves an answer that stands already, and what was withdrawn, as it is', async () => {
    for (const state of ['answered', 'withdrawn'] as const) {
      const ledger = memoryLedger();
      const onUnrecorded = vi.fn();
      const findLatest = vi.spyOn(ledger, 'findLatest');
      const send = keep(
        ledger,
        onUnrecorded,
      )(async () => {
        await ledger.write('m', 'k', { state, retry: 0 }, 1, encodeAnswer(success));
        return success;
      });
      expect(await send(unguarded())).toEqual(success);
      await vi.waitFor(() => expect(findLatest).toHaveBeenCalledOnce());
      await new Promise(setImmediate);
      expect(ledger.history.map((record) => record.state)).toEqual(['sent', state]);
      expect(onUnrecorded).not.toHaveBeenCalled();
    }
  });

  it('sends nothing that it could not announce', async () => {
    const ledger = { ...memoryLedger(), write: () => Promise.reject(new Error('the disk is full')) };
    const next = vi.fn(async () => success);
    const send = keepRecord({
      withdrawUnsent: async () => false,
      ledger,
      bridge: 'b',
      onUnrecorded: vi.fn(),
    })(next);
    await expect(send(unguarded())).rejects.toThrow('the disk is full');
    expect(next).not.toHaveBeenCalled();
  });

  it('waits for the first answer until the deadline, looking now and then and not without a pause', async () => {
    const ledger = memoryLedger();
    await ledger.write('m', 'k', { state: 'sent', retry: 0 }, 0);
    const findLatest = vi.spyOn(ledger, 'findLatest');
    const begunAt = Date.now();
    await expect(keep(ledger)(vi.fn())(unguarded())).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    expect(Date.now() - begunAt).toBeGreaterThanOrEqual(290);
    expect(findLatest.mock.calls.length).toBeGreaterThan(1);
    expect(findLatest.mock.calls.length).toBeLessThan(10);
  });

  it('leaves workers that keep their own records to do so', async () => {
    const ledger = memoryLedger();
    await keep(ledger)(async () => success)(exchange());
    await keep(ledger)(async () => success)(exchange({ workers: 'consumers', key: undefined }));
    expect(ledger.history).toEqual([]);
  });
});
