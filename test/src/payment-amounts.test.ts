/** What each operation was asked to move, and over which connector: read from requests in the archive, for who may see. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteStored, originSeqOf, storedMessages } from '@nats-bridge/messaging';
import { createWorker, type SealingOptions } from '@nats-bridge/worker';
import { createCurve } from '@nats-io/nkeys';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { archiveCaughtUp } from './archive-caught-up.js';
import { ADMIN, TOKEN } from './console-under-test.js';
import {
  authorizeRequest,
  MERCHANT,
  money,
  type Stack,
  type StackOptions,
  startServer,
  startStack,
} from './stack-under-test.js';
import { until } from './until.js';

type Row = Readonly<Record<string, unknown>> & { readonly operation: string };

const ARCHIVE = 'PAYMENTS_ARCHIVE';
/** More than two pieces of the file. */
const MANY = 1_100;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function stackWith(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({ sandbox: false, admin: ADMIN, ...options });
  closers.push(() => stack.close());
  return stack;
}

async function workerOf({ server }: Pick<Stack, 'server'>, sealing?: SealingOptions): Promise<void> {
  const answer = () => ({ status: 'success', transaction_id: 'txn_1' }) as const;
  const handlers = { authorize: answer, capture: answer, refund: answer, void: answer };
  const worker = createWorker({ servers: server.url, name: 'amounts', handlers, sealing });
  closers.push(() => worker.stop());
  await worker.start();
}

async function ask(stack: Stack, path: string): Promise<Response> {
  const answer = await fetch(`${stack.httpUrl}/admin/v1${path}`, {
    headers: { Authorization: `Bearer ${TOKEN}` },
  });
  expect(answer.status).toBe(200);
  return answer;
}

/** As soon as there are so many, each of them answered. */
const rowsOf = (stack: Stack, count: number) =>
  until(`${count} answered operations`, async () => {
    await archiveCaughtUp(stack);
    const { items } = (await (await ask(stack, '/payments?sort=oldest')).json()) as { items: Row[] };
    return items.length === count && items.every(({ state }) => state === 'answered') ? items : undefined;
  });

const asked = ({ operation, connector, amount }: Row) => [operation, connector, amount];

const authorize = (stack: Stack, attempt: string, changes = {}, connector = 'stripe') =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, changes), attempt, {
    'x-connector': connector,
  });

async function makePayment(stack: Stack): Promise<void> {
  const ofPayment = { 'x-reference-id': 'pay_1', 'x-connector': 'adyen' };
  const call = (method: string, request: object, id: string) =>
    stack.call(`PaymentService/${method}`, { connector_transaction_id: 'txn_1', ...request }, id, ofPayment);
  await stack.call(
    'PaymentService/Authorize',
    authorizeRequest('att_1', { amount: money(5_000, 'KWD'), capture_method: 'MANUAL' }),
    'att_1',
    ofPayment,
  );
  await call('Capture', { merchant_capture_id: 'att_1', amount_to_capture: money(4_000, 'KWD') }, 'att_1');
  const refund = { merchant_refund_id: 'ref_1', payment_amount: 4_000, refund_amount: money(1_500, 'KWD') };
  await call('Refund', refund, 'ref_1');
  await call('Void', { merchant_void_id: 'att_1' }, 'att_1');
}

const OF_PAYMENT = [
  ['authorize', 'adyen', { minor_amount: 5_000, currency: 'KWD' }],
  ['capture', 'adyen', { minor_amount: 4_000, currency: 'KWD' }],
  ['refund', 'adyen', { minor_amount: 1_500, currency: 'KWD' }],
  ['void', 'adyen', undefined],
];

describe('amount and connector', () => {
  it('are each operation’s own: in the list, of one payment, and in the file', async () => {
    const stack = await stackWith();
    await workerOf(stack);
    await makePayment(stack);
    await authorize(stack, 'att_yen', { amount: money(900, 'JPY') });
    const rows = await rowsOf(stack, 5);
    expect(rows.map(asked)).toEqual([
      ...OF_PAYMENT,
      ['authorize', 'stripe', { minor_amount: 900, currency: 'JPY' }],
    ]);
    const payment = await (await ask(stack, `/payments/${MERCHANT}/pay_1`)).json();
    expect((payment as { operations: Row[] }).operations.map(asked)).toEqual(OF_PAYMENT);
    const csv = await (await ask(stack, '/payments.csv?sort=oldest')).text();
    expect(
      csv
        .trim()
        .split('\r\n')
        .map((line) => line.split(',').slice(-3).join()),
    ).toEqual([
      'connector,minor_amount,currency',
      'adyen,5000,KWD',
      'adyen,4000,KWD',
      'adyen,1500,KWD',
      'adyen,,',
      'stripe,900,JPY',
    ]);
  });

  it('are known of workers that keep no record, too, which name no place of the request', async () => {
    const stack = await stackWith();
    const nats = await stack.nats();
    nats.subscribe('hyperswitch.payments.*.*', {
      queue: 'workers',
      callback: (_, message) => {
        const { correlation_id } = message.json<{ correlation_id: string }>();
        message.respond(JSON.stringify({ status: 'success', transaction_id: 'txn_1', correlation_id }));
      },
    });
    await nats.flush();
    await makePayment(stack);
    await authorize(stack, 'att_other');
    const rows = await rowsOf(stack, 5);
    expect(rows.map(asked)).toEqual([...OF_PAYMENT, ['authorize', 'stripe', money(1_250)]]);
  });

  it('are left out where the request is gone, and kept where it was read before; the list is whole', async () => {
    const stack = await stackWith();
    await workerOf(stack);
    await authorize(stack, 'att_read', { amount: money(100) });
    expect((await rowsOf(stack, 1)).map(asked)).toEqual([['authorize', 'stripe', money(100)]]);
    for (const attempt of ['att_gone', 'att_there']) await authorize(stack, attempt);
    await archiveCaughtUp(stack);
    const { connection } = stack.bridge;
    for await (const { seq, headers } of storedMessages(connection, ARCHIVE))
      if (originSeqOf(headers) < 3) await deleteStored(connection, ARCHIVE, seq);
    expect((await rowsOf(stack, 3)).map(asked)).toEqual([
      ['authorize', 'stripe', money(100)],
      ['authorize', undefined, undefined],
      ['authorize', 'stripe', money(1_250)],
    ]);
  });

  it('are never those of another: a place that names somebody else’s request tells nothing', async () => {
    const stack = await stackWith();
    await workerOf(stack);
    await authorize(stack, 'att_own');
    await rowsOf(stack, 1);
    const record = { operation: 'authorize', paymentId: 'pay_2', retry: 0, requestSeq: 1 };
    await stack.bridge.ledger.write(MERCHANT, 'authorize:att_other', { ...record, state: 'claimed' }, 0);
    const rows = await until('both', async () => {
      const { items } = (await (await ask(stack, '/payments?sort=oldest')).json()) as { items: Row[] };
      return items.length === 2 ? items : undefined;
    });
    expect(rows.map(asked)).toEqual([
      ['authorize', 'stripe', money(1_250)],
      ['authorize', undefined, undefined],
    ]);
  });

  it('the file is written piece by piece, and has every operation once', async () => {
    const stack = await stackWith();
    const keys = Array.from({ length: MANY }, (_, index) => `authorize:att_${index}`);
    await Promise.all(
      keys.map((key) => stack.bridge.ledger.write(MERCHANT, key, { state: 'claimed', retry: 0 }, 0)),
    );
    const text = await until('all of them', async () => {
      const csv = await (await ask(stack, '/payments.csv')).text();
      return csv.split('\r\n').length === MANY + 2 ? csv : undefined;
    });
    expect(new Set(text.match(/authorize:att_\d+/g))).toEqual(new Set(keys));
  });
});

describe('of sealed requests', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nats-bridge-amounts-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function newKey(name: string): { readonly file: string; readonly publicKey: string } {
    const pair = createCurve();
    const file = join(folder, `${name}.xk`);
    writeFileSync(file, pair.getSeed(), { mode: 0o600 });
    return { file, publicKey: pair.getPublicKey() };
  }

  it('a gateway with the bridges’ key tells them; one without lists the operations and nothing of that', async () => {
    const { server, dispose } = await startServer();
    closers.push(dispose);
    const [bridge, pool, other] = ['bridge', 'pool', 'other'].map(newKey);
    const sealing = (seed = bridge) => ({
      seed_files: [seed?.file ?? ''],
      workers: [pool?.publicKey ?? ''],
    });
    const stack = await stackWith({ runningServer: server, config: { sealing: sealing() } });
    await workerOf(stack, { seedFiles: [pool?.file ?? ''], bridges: [bridge?.publicKey ?? ''] });
    await authorize(stack, 'att_1', { amount: money(77_123) });
    expect((await rowsOf(stack, 1)).map(asked)).toEqual([['authorize', 'stripe', money(77_123)]]);
    const stranger = await stackWith({ runningServer: server, config: { sealing: sealing(other) } });
    const [row] = await until('the stranger to list it', async () => {
      const { items } = (await (await ask(stranger, '/payments')).json()) as { items: Row[] };
      return items.length === 1 ? items : undefined;
    });
    expect(row).toMatchObject({ operation: 'authorize', payment_id: 'pay_of_att_1' });
    expect(row).not.toHaveProperty('connector');
    expect(row).not.toHaveProperty('amount');
  });
});
