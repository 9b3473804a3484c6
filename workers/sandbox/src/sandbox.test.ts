import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Connection,
  createConnection,
  type EmbeddedServer,
  startEmbeddedServer,
} from '@nats-bridge/messaging';
import { type BridgeRequest, OPERATIONS, type Operation } from '@nats-bridge/protocol';
import type { HandlerContext, HandlerResponse } from '@nats-bridge/worker';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_CARDS } from './cards.js';
import { allHandlers } from './handlers/all-handlers.js';
import type { Sandbox } from './sandbox.js';
import { createStore } from './store.js';

const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-sandbox-'));
let server: EmbeddedServer;
let connections: Connection[];
let replicas: ((operation: Operation, request: object, ids?: Partial<Ids>) => Promise<HandlerResponse>)[];
let clock = 0;

type Ids = { readonly attempt: string; readonly key: string; readonly merchant: string };

class Crash extends Error {}

beforeAll(async () => {
  server = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
  connections = [0, 1].map(() => createConnection({ servers: server.url }));
  replicas = connections.map((connection) => {
    const sandbox: Sandbox = {
      store: createStore(connection),
      now: () => clock,
      settleAfterMs: 1_000,
      slowMs: 1,
      crash: () => {
        throw new Crash();
      },
    };
    const handlers = allHandlers(sandbox);
    return async (operation, request, { attempt = 'att', key, merchant = 'm' } = {}) => {
      const context: HandlerContext = {
        operation,
        attempt: 1,
        idempotencyKey: key ?? `${operation}:${attempt}:${JSON.stringify(request)}`,
        deadlineAt: Number.MAX_SAFE_INTEGER,
        correlationId: 'c',
        signal: new AbortController().signal,
        processor: async (call) => call(),
      };
      return (await handlers[operation]?.(
        message(operation, request, attempt, merchant),
        context,
      )) as HandlerResponse;
    };
  });
});
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await server.kill();
  rmSync(storeDir, { recursive: true, force: true });
});

function message(operation: Operation, request: object, attempt: string, merchant_id: string): BridgeRequest {
  return {
    operation,
    merchant_id,
    payment_id: `p_${attempt}`,
    router_data: {
      merchant_id,
      payment_id: `p_${attempt}`,
      attempt_id: attempt,
      connector: 'c',
      connector_auth_type: { auth_type: 'NoKey' },
      request: request as Record<string, unknown>,
      test_mode: true,
    },
    metadata: {},
    correlation_id: 'c',
    timestamp: 1,
  };
}

const card = (number: string, changes: object = {}) => ({
  amount: { minor_amount: 1_000, currency: 'EUR' },
  capture_method: 'AUTOMATIC',
  payment_method: { card: { card_number: number } },
  ...changes,
});
const call = (...args: Parameters<(typeof replicas)[number]>) =>
  (replicas[0] as (typeof replicas)[number])(...args);

describe('the sandbox', () => {
  it('handles every operation of the catalogue', () => {
    const handlers = allHandlers({} as Sandbox);
    for (const { operation } of OPERATIONS) expect(handlers[operation], operation).toBeTypeOf('function');
  });

  it.each(TEST_CARDS.filter(({ behaviour }) => behaviour.kind === 'decline'))(
    '$number is $summary',
    async ({ number, behaviour }) => {
      const answer = await call('authorize', card(number), { attempt: `decline_${number}` });
      if (behaviour.kind !== 'decline') throw new Error('not a decline');
      expect(answer).toMatchObject({
        status: 'failure',
        error: { code: behaviour.decline.code, network_decline_code: behaviour.decline.networkDeclineCode },
      });
      expect(JSON.stringify(answer)).not.toContain(number);
    },
  );

  it('gives a repeated request its first answer, on whichever replica', async () => {
    const answers = await Promise.all(
      replicas.map((replica) =>
        replica('authorize', card('4242424242424242'), { attempt: 'twice', key: 'k' }),
      ),
    );
    expect(answers[0]).toEqual(answers[1]);
  });

  it('takes the money once when it crashes before it answers', async () => {
    const request = card('4000000000000341');
    await expect(call('authorize', request, { attempt: 'crash' })).rejects.toThrow(Crash);
    expect(await call('authorize', request, { attempt: 'crash' })).toMatchObject({
      status: 'success',
      amount_captured: 1_000,
    });
  });

  it('settles a processing payment with time', async () => {
    clock = 0;
    expect(await call('authorize', card('4000000000000077'), { attempt: 'later' })).toMatchObject({
      status: 'processing',
      attempt_status: 'PENDING',
    });
    expect(await call('sync', {}, { attempt: 'later' })).toMatchObject({ attempt_status: 'PENDING' });
    clock = 1_000;
    expect(await call('sync', {}, { attempt: 'later' })).toMatchObject({
      status: 'success',
      attempt_status: 'CHARGED',
    });
  });

  it.each([
    ['approved', 'success', 'CHARGED'],
    ['declined', 'failure', undefined],
  ])('ends a redirect %s', async (result, status, attemptStatus) => {
    const attempt = `redirect_${result}`;
    const first = await call('authorize', card('4000000000003220'), { attempt });
    expect(first).toMatchObject({
      status: 'processing',
      redirection: { form: { method: 'HTTP_METHOD_POST' } },
    });
    const completed = await call(
      'authorize',
      card('4000000000003220', { redirection_response: { payload: { result } } }),
      { attempt },
    );
    expect([completed.status, completed.attempt_status]).toEqual([status, attemptStatus]);
  });

  it('gives a repeated request its first answer when that was a refusal, though it could succeed by now', async () => {
    clock = 0;
    const { transaction_id } = await call(
      'authorize',
      card('4000000000000077', { capture_method: 'MANUAL' }),
      {
        attempt: 'early',
      },
    );
    const capture = () =>
      call(
        'capture',
        {
          connector_transaction_id: transaction_id,
          amount_to_capture: { minor_amount: 1_000, currency: 'EUR' },
        },
        { attempt: 'early', key: 'capture:early' },
      );
    expect(await capture()).toMatchObject({ status: 'failure', error: { code: 'payment_unexpected_state' } });
    clock = 1_000;
    expect(await call('sync', {}, { attempt: 'early' })).toMatchObject({ attempt_status: 'AUTHORIZED' });
    expect(await capture()).toMatchObject({ status: 'failure', error: { code: 'payment_unexpected_state' } });
    expect(await call('sync', {}, { attempt: 'early' })).toMatchObject({ attempt_status: 'AUTHORIZED' });
  });

  it('says the same of a declined payment when it is asked later', async () => {
    const { error } = await call('authorize', card('4000000000009995'), { attempt: 'declined_sync' });
    expect(error).toMatchObject({ code: 'insufficient_funds' });
    expect(await call('sync', {}, { attempt: 'declined_sync' })).toMatchObject({ status: 'failure', error });
  });

  it('captures and refunds in the currency of the payment only', async () => {
    const { transaction_id } = await call(
      'authorize',
      card('4242424242424242', { capture_method: 'MANUAL' }),
      {
        attempt: 'currency',
      },
    );
    const named = { connector_transaction_id: transaction_id };
    const of = (currency: string) => ({ minor_amount: 1_000, currency });
    const refused = { status: 'failure', error: { code: 'currency_mismatch' } };
    expect(await call('capture', { ...named, amount_to_capture: of('JPY') })).toMatchObject(refused);
    expect(await call('capture', { ...named, amount_to_capture: of('EUR') })).toMatchObject({
      status: 'success',
    });
    expect(await call('refund', { ...named, refund_amount: of('JPY') })).toMatchObject(refused);
  });

  it('pays with a token as with its card, and with no token that it did not give', async () => {
    const { token } = await call('tokenize', card('4000000000009995'));
    const paying = (value: unknown) => ({
      ...card(''),
      payment_method: { token: { token: value } },
    });
    expect(await call('authorize', paying(token), { attempt: 'token' })).toMatchObject({
      error: { code: 'insufficient_funds' },
    });
    expect(await call('authorize', paying('tok_invented'), { attempt: 'invented' })).toMatchObject({
      status: 'failure',
      error: { code: 'token_not_found' },
    });
  });

  it('keeps no card number but those of the documentation', async () => {
    await call('tokenize', card('4111111111111111'), { key: 'tokenize:real' });
    await call('authorize', card('4111111111111111'), { attempt: 'real', key: 'authorize:real' });
    const kv = await new Kvm(await (connections[0] as Connection).get()).open('sandbox');
    for await (const key of await kv.keys())
      expect((await kv.get(key))?.string(), key).not.toContain('4111111111111111');
  });

  it('shows and gives no merchant what is of another', async () => {
    const { transaction_id } = await call('authorize', card('4242424242424242'), { attempt: 'mine' });
    const other = { merchant: 'other', attempt: 'mine' };
    const missing = { status: 'failure', error: { code: 'resource_missing' } };
    const named = { connector_transaction_id: transaction_id };
    expect(await call('sync', named, other)).toMatchObject(missing);
    expect(
      await call('refund', { ...named, refund_amount: { minor_amount: 1, currency: 'EUR' } }, other),
    ).toMatchObject(missing);
    const { mandate_reference } = await call('setup_mandate', card('4242424242424242'), { attempt: 'mine' });
    expect(await call('charge', { connector_recurring_payment_id: mandate_reference }, other)).toMatchObject({
      error: { code: 'mandate_not_found' },
    });
  });

  it('writes nothing when it is only asked', async () => {
    await call('authorize', card('4242424242424242'), { attempt: 'asked' });
    const kv = await new Kvm(await (connections[0] as Connection).get()).open('sandbox');
    const before = await kv.status();
    await call('sync', {}, { attempt: 'asked' });
    expect((await kv.status()).streamInfo.state.last_seq).toBe(before.streamInfo.state.last_seq);
  });

  it('never captures more than it authorized, with two replicas in a race', async () => {
    const { transaction_id } = await call(
      'authorize',
      card('4242424242424242', { capture_method: 'MANUAL_MULTIPLE' }),
      { attempt: 'race' },
    );
    const captures = Array.from({ length: 10 }, (_, index) =>
      (replicas[index % 2] as typeof call)(
        'capture',
        {
          connector_transaction_id: transaction_id,
          amount_to_capture: { minor_amount: 300, currency: 'EUR' },
        },
        { attempt: 'race', key: `capture:${index}` },
      ),
    );
    const done = (await Promise.all(captures)).filter(({ status }) => status === 'success');
    expect(done).toHaveLength(3);
    expect(await call('sync', { connector_transaction_id: transaction_id })).toMatchObject({
      amount_captured: 900,
    });
  });

  it('charges a mandate until it is revoked', async () => {
    const { mandate_reference, transaction_id } = await call('setup_mandate', card('4242424242424242'), {
      attempt: 'mandate',
    });
    const charge = (key: string) =>
      call(
        'charge',
        { amount: { minor_amount: 500, currency: 'EUR' }, connector_recurring_payment_id: mandate_reference },
        { attempt: key },
      );
    expect(await charge('charge_1')).toMatchObject({ status: 'success', attempt_status: 'CHARGED' });
    await call('revoke_mandate', { connector_mandate_id: transaction_id });
    expect(await charge('charge_2')).toMatchObject({
      status: 'failure',
      error: { code: 'mandate_inactive' },
    });
  });
});
