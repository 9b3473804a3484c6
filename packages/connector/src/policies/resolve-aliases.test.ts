import { type BridgeResponse, operationRow } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../call/exchange.js';
import { exchange, success } from '../testing/exchanges.js';
import { resolveAliases } from './resolve-aliases.js';

describe('resolveAliases', () => {
  const answers: Record<string, BridgeResponse> = {
    'authorize:att_1': { status: 'success', transaction_id: 'pi_1' },
    'charge:att_3': { status: 'success', transaction_id: 'pi_3' },
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

  it('knows that the alias which was given for an attempt alone may stand for another beginning', async () => {
    const alias = { connector_transaction_id: 'bridge:authorize:att_3' };
    const { data } = exchange({}, alias);
    expect(await send(exchange({ data: { ...data, attempt_id: 'att_3' } }))).toEqual({
      connector_transaction_id: 'pi_3',
    });
    expect(await send(exchange({}, alias))).toEqual({ connector_transaction_id: '' });
  });

  it('asks about a return from a redirect by the id of what sent the customer away', async () => {
    const alias = { connector_transaction_id: 'bridge:authorize:att_1:complete:hash' };
    expect(await send(exchange({}, alias))).toEqual({ connector_transaction_id: 'pi_1' });
  });

  it("leaves the processor's own ids alone", async () => {
    expect(await send(exchange({}, { connector_transaction_id: 'pi_9' }))).toEqual({
      connector_transaction_id: 'pi_9',
    });
  });

  it('sends nothing, and says so, where the record of an id cannot be read', async () => {
    let isSent = false;
    const policy = resolveAliases(() => Promise.reject(new Error('no responders')));
    const sending = policy(async () => {
      isSent = true;
      return success;
    })(exchange({}, { connector_transaction_id: 'bridge:authorize:att_1' }));
    await expect(sending).rejects.toMatchObject({ code: 'INTERNAL_ERROR', phase: 'before_send' });
    expect(isSent).toBe(false);
  });

  it('finds the payment of a sync by its attempt alone', async () => {
    const sync = exchange(
      { operation: 'sync', row: operationRow('sync'), key: undefined },
      { connector_transaction_id: '' },
    );
    expect(await send(sync)).toEqual({ connector_transaction_id: 'pi_1' });
  });
});
