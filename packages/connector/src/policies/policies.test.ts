import { type BridgeResponse, operationRow } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { compose, type Exchange, type Send } from '../exchange.js';
import { exchange, success } from '../testing/exchanges.js';
import { joinConcurrent } from './join-concurrent.js';
import { requireWorker } from './require-worker.js';
import { resolveAliases } from './resolve-aliases.js';

describe('policies', () => {
  it('run in the order they are written in', async () => {
    const order: string[] = [];
    const named = (name: string) => (next: Send) => (one: Exchange) => {
      order.push(name);
      return next(one);
    };
    await compose([named('first'), named('second')], async () => success)(exchange());
    expect(order).toEqual(['first', 'second']);
  });
});

describe('joinConcurrent', () => {
  it('sends once while calls with one key overlap, and gives all the same answer', async () => {
    let sent = 0;
    let answer: (response: BridgeResponse) => void = () => {};
    const send = joinConcurrent()(() => {
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
    const send = joinConcurrent()(
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

  it('keeps merchants, keys and questions apart', async () => {
    let sent = 0;
    const send = joinConcurrent()(async () => {
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

describe('requireWorker', () => {
  it('stops a request nobody would take before anything is sent', async () => {
    const send = requireWorker(async () => 'nobody')(async () => success);
    await expect(send(exchange())).rejects.toMatchObject({
      code: 'NO_WORKERS_AVAILABLE',
      phase: 'before_send',
    });
  });
});

describe('resolveAliases', () => {
  const answers: Record<string, BridgeResponse> = {
    'authorize:att_1': { status: 'success', transaction_id: 'pi_1' },
  };
  const send = (one: Exchange) => {
    let seen: unknown;
    const policy = resolveAliases(async (_merchant, key) => answers[key]);
    return policy(async ({ data }) => {
      seen = data.request;
      return success;
    })(one).then(() => seen);
  };

  it("turns a bridge-made id into the processor's once that is known", async () => {
    expect(await send(exchange({}, { connector_transaction_id: 'bridge:authorize:att_1' }))).toEqual({
      connector_transaction_id: 'pi_1',
    });
  });

  it('sends no id the processor never gave', async () => {
    expect(await send(exchange({}, { connector_transaction_id: 'bridge:authorize:att_2' }))).toEqual({
      connector_transaction_id: '',
    });
  });

  it("leaves the processor's own ids alone", async () => {
    expect(await send(exchange({}, { connector_transaction_id: 'pi_9' }))).toEqual({
      connector_transaction_id: 'pi_9',
    });
  });

  it('finds the payment of a sync by its attempt alone', async () => {
    const sync = exchange(
      { operation: 'sync', row: operationRow('sync'), key: undefined },
      { connector_transaction_id: '' },
    );
    expect(await send(sync)).toEqual({ connector_transaction_id: 'pi_1' });
  });
});
