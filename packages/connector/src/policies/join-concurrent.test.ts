import { BridgeError, type BridgeResponse } from '@nats-bridge/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../call/exchange.js';
import { doubtWorld, exchange, memoryLedger, success } from '../testing/exchanges.js';
import { joinConcurrent } from './join-concurrent.js';

describe('joinConcurrent', () => {
  const join = (remember = vi.fn(async (_: Exchange) => {}), ledger = memoryLedger()) =>
    joinConcurrent({ ...doubtWorld({ ledger, sleep: async () => {} }), remember });

  /** Sends at most once, with an end that the test decides, or that the signal of the exchange does. */
  function heldCall(remember = vi.fn(async (_: Exchange) => {}), ledger = memoryLedger()) {
    let resolve: (answer: BridgeResponse) => void = () => {};
    let reject: (error: BridgeError) => void = () => {};
    const held = new Promise<BridgeResponse>((...ends) => {
      [resolve, reject] = ends;
    });
    const sent: Exchange[] = [];
    const send = join(
      remember,
      ledger,
    )((one) => {
      sent.push(one);
      one.signal?.addEventListener('abort', () =>
        reject(new BridgeError('CANCELLED', undefined, { cause: one.signal?.reason })),
      );
      return held;
    });
    return { send, sent, resolve, reject };
  }
  const unknown = { code: 'CANCELLED', phase: 'sent_unknown' };

  it('sends once while calls with one key overlap, and gives all the same answer', async () => {
    let sent = 0;
    let answer: (response: BridgeResponse) => void = () => {};
    const send = join()(() => {
      sent++;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const calls = [send(exchange()), send(exchange()), send(exchange())];
    answer(success);
    expect(await Promise.all(calls)).toEqual([success, success, success]);
    expect(sent).toBe(1);
  });

  it('refuses the same key with other content, and takes it again once the first is done', async () => {
    let answer: (response: BridgeResponse) => void = () => {};
    const send = join()(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const first = send(exchange({}, { amount: 1 }));
    await expect(send(exchange({}, { amount: 2 }))).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
    answer(success);
    await first;
    const second = send(exchange({}, { amount: 2 }));
    answer(success);
    expect(await second).toEqual(success);
  });

  it('takes a repeat for one that differs in what the ledger, too, does not compare', async () => {
    const { send, sent, resolve } = heldCall();
    const first = send(exchange({}, { amount: 1, state: { access_token: 'a' }, metadata: 'a' }));
    const second = send(exchange({}, { amount: 1, state: { access_token: 'b' }, browser_info: {} }));
    resolve(success);
    expect(await Promise.all([first, second])).toEqual([success, success]);
    expect(sent).toHaveLength(1);
  });

  it('goes on while one of them waits, whoever gives up: the first, or one that joined', async () => {
    for (const leaves of [0, 1]) {
      const remember = vi.fn(async (_: Exchange) => {});
      const { send, resolve } = heldCall(remember);
      const callers = [new AbortController(), new AbortController()];
      const calls = callers.map(({ signal }) => send(exchange({ signal, correlationId: 'of a caller' })));
      callers[leaves]?.abort();
      await expect(calls[leaves]).rejects.toMatchObject(unknown);
      expect(remember).toHaveBeenCalledOnce();
      resolve(success);
      expect(await calls[1 - leaves]).toEqual(success);
    }
  });

  it('is given up with the last of them, who hears how it ended, and why', async () => {
    const { send, sent } = heldCall();
    const callers = [new AbortController(), new AbortController(), new AbortController()];
    const calls = callers.map(({ signal }) => send(exchange({ signal })));
    const all = Promise.allSettled(calls);
    for (const [index, caller] of callers.entries()) {
      expect(sent[0]?.signal?.aborted).toBe(false);
      caller.abort(`caller ${index}`);
    }
    for (const end of await all) expect(end).toMatchObject({ status: 'rejected', reason: unknown });
    expect(sent[0]?.signal).toMatchObject({ aborted: true, reason: 'caller 2' });
  });

  it('keeps one that joined no longer than his own deadline', async () => {
    const { send, resolve } = heldCall();
    const first = send(exchange());
    await expect(send(exchange({ deadlineAt: Date.now() + 50 }))).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'sent_unknown',
    });
    const patient = send(exchange({ deadlineAt: Number.MAX_SAFE_INTEGER }));
    await new Promise((done) => setTimeout(done, 20));
    resolve(success);
    expect(await Promise.all([first, patient])).toEqual([success, success]);
  });

  it('has the ledger say that nothing was sent, when one had left in doubt', async () => {
    const ledger = memoryLedger();
    const { send, reject } = heldCall(undefined, ledger);
    const first = send(exchange());
    const leaving = new AbortController();
    const left = send(exchange({ signal: leaving.signal }));
    leaving.abort();
    await expect(left).rejects.toMatchObject(unknown);
    expect(ledger.history).toEqual([]);
    reject(new BridgeError('NO_WORKERS_AVAILABLE'));
    await expect(first).rejects.toMatchObject({ phase: 'before_send' });
    await vi.waitFor(() => expect(ledger.history).toMatchObject([{ state: 'withdrawn' }]));
  });

  it('leaves no listener behind at a signal', async () => {
    const { send, resolve } = heldCall();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const calls = [send(exchange({ signal })), send(exchange({ signal }))];
    resolve(success);
    await Promise.all(calls);
    expect(add).toHaveBeenCalledTimes(2);
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
      add.mock.calls.map(([, listener]) => listener),
    );
  });

  it('keeps merchants, keys and questions apart', async () => {
    let sent = 0;
    const send = join()(async () => {
      sent++;
      return success;
    });
    const other = exchange();
    const elsewhere = { ...other, data: { ...other.data, merchant_id: 'n' } };
    await Promise.all([
      send(other),
      send(elsewhere),
      send(exchange({ key: 'x' })),
      send(exchange({ key: undefined })),
      send(exchange({ key: undefined })),
    ]);
    expect(sent).toBe(5);
  });
});
