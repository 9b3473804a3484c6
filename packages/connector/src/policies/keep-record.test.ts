import { BridgeError } from '@nats-bridge/protocol';
import { describe, expect, it, vi } from 'vitest';
import { encodeAnswer } from '../ledger/answer.js';
import { exchange, failing, memoryLedger, success } from '../testing/exchanges.js';
import { keepRecord } from './keep-record.js';

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

  it('records the answer of a worker without records that came once it was sent, and of no other', async () => {
    for (const [isUnrecorded, states] of [
      [true, ['answered']],
      [false, []],
    ] as const) {
      const ledger = memoryLedger();
      const guarded = exchange({ marks: { begunAt: 0, at: 0, isUnrecorded } });
      expect(await keep(ledger)(async () => success)(guarded)).toEqual(success);
      expect(ledger.history.map(({ state }) => state)).toEqual(states);
    }
  });

  it('says that what was not sent could not be withdrawn', async () => {
    const ledger = memoryLedger();
    const onUnrecorded = vi.fn();
    const write: typeof ledger.write = async (merchantId, key, record, ...rest) => {
      if (record.state === 'withdrawn') throw new Error('NATS is away');
      return ledger.write(merchantId, key, record, ...rest);
    };
    const send = keep({ ...ledger, write }, onUnrecorded)(failing('STORE_REFUSED'));
    await expect(send(unguarded())).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    expect(onUnrecorded).toHaveBeenCalledOnce();
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

  it.each(['withdrawn', 'claimed'] as const)(
    'has nothing to take back, and nothing to report, where a worker has written that it is %s: the ledger is to be asked',
    async (state) => {
      const ledger = memoryLedger();
      const onUnrecorded = vi.fn();
      const overtaken = async () => {
        await ledger.write('m', 'k', { state, retry: 0 }, 1);
        throw new BridgeError('NATS_UNREACHABLE');
      };
      await expect(keep(ledger, onUnrecorded)(overtaken)(unguarded())).rejects.toMatchObject({
        code: 'NATS_TIMEOUT',
        phase: 'sent_unknown',
      });
      expect(onUnrecorded).not.toHaveBeenCalled();
    },
  );

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

  it('leaves an answer that stands already, and what was withdrawn, as it is, and reports who carried that out', async () => {
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
      expect(onUnrecorded).toHaveBeenCalledTimes(state === 'withdrawn' ? 1 : 0);
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
