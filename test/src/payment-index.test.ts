/** The index of payments before 100 000 of them: complete, in order, bounded; and how long a search takes. */
import { createPaymentIndex, type NatsBridge } from '@nats-bridge/connector';
import { recordHeaders, recordSubject } from '@nats-bridge/protocol';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const PAYMENTS = 100_000;
let stack: Stack;
let bridge: NatsBridge;

beforeAll(async () => {
  stack = await startStack({ sandbox: false });
  bridge = stack.bridge;
  const nats = await stack.nats();
  for (let number = 0; number < PAYMENTS; number++) {
    const headers = natsHeaders();
    const record = recordHeaders({
      state: 'answered',
      operation: 'authorize',
      paymentId: `pay_${number}`,
      correlationId: `c_${number}`,
      by: `worker_${number % 7}`,
      attempt: 1,
      retry: 0,
      requestedAt: Date.now(),
    });
    for (const [name, value] of Object.entries(record)) headers.set(name, value);
    const body = JSON.stringify({
      status: number % 10 === 0 ? 'failure' : 'success',
      transaction_id: `txn_${number}`,
    });
    nats.publish(recordSubject(`merchant_${number % 3}`, `authorize:att_${number}`), body, { headers });
    if (number % 5_000 === 0) await nats.flush();
  }
  await until('all to be stored', async () => {
    const stored = (await bridge.figures())?.streams.find(({ name }) => name === 'OPERATIONS')?.messages;
    return stored === PAYMENTS ? true : undefined;
  });
}, 120_000);
afterAll(() => stack.close());

describe('the index of payments', () => {
  it('has all of them, newest first, and finds one among 100 000', async () => {
    const startedAt = performance.now();
    const index = createPaymentIndex(bridge);
    await index.ready;
    const readMs = performance.now() - startedAt;
    const { items, total } = index.search({ limit: 3 });
    expect(total).toBe(PAYMENTS);
    expect(items.map(({ paymentId }) => paymentId)).toEqual(['pay_99999', 'pay_99998', 'pay_99997']);
    const search = () => index.search({ text: 'att_43210', limit: 50 });
    const times = Array.from({ length: 9 }, () => {
      const searchedAt = performance.now();
      search();
      return performance.now() - searchedAt;
    });
    const median = times.toSorted((a, b) => a - b)[4] ?? Number.NaN;
    const found = search();
    expect(found.items).toMatchObject([
      { merchantId: 'merchant_1', status: 'failure', transactionId: 'txn_43210', worker: 'worker_6' },
    ]);
    expect(index.search({ status: 'failure', merchantId: 'merchant_0', limit: 1 }).total).toBe(3_334);
    expect(index.ofPayment('merchant_1', 'pay_43210')).toHaveLength(1);
    console.log(
      `${PAYMENTS} operations read in ${readMs.toFixed(0)} ms; one found in ${median.toFixed(1)} ms (median of 9)`,
    );
    await index.close();
  });

  it('keeps as many as it may and a tenth at most, the newest, and follows what comes', async () => {
    const index = createPaymentIndex(bridge, { mostKept: 1_000, everyMs: 20 });
    await index.ready;
    const { total } = index.search({ limit: 1 });
    expect(total).toBeGreaterThanOrEqual(1_000);
    expect(total).toBeLessThanOrEqual(1_100);
    const heard: string[] = [];
    index.onChange(({ paymentId }) => heard.push(paymentId));
    await bridge.ledger.write(
      'merchant_0',
      'authorize:att_new',
      { state: 'claimed', paymentId: 'pay_new', retry: 0 },
      0,
    );
    await until('the new one', () => (heard.includes('pay_new') ? true : undefined));
    expect(index.search({ limit: 1 })).toMatchObject({
      total: total === 1_100 ? 1_000 : total + 1,
      items: [{ paymentId: 'pay_new', state: 'claimed' }],
    });
    await index.close();
  });
});
