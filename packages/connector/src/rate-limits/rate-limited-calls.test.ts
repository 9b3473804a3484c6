/** Rate limits of bridges on a real server: what is sent, what is told, and what two bridges know of each other. */
import { guardedSubject, type RouterData } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NatsBridge } from '../nats-bridge.js';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';

/** So slow that nothing comes back while a test runs. */
const HARDLY_ANY = 0.01;
const CONFIG = {
  request_timeout_ms: 10_000,
  rate_limits: {
    each_merchant: { requests_per_second: HARDLY_ANY, burst: 2 },
    free: { merchant: 'free', requests_per_second: 1_000 },
  },
};

let started: Awaited<ReturnType<typeof startBridge>>;
let bridge: NatsBridge;
let came: string[];
let isAnswering: boolean;

beforeEach(async () => {
  started = await startBridge(CONFIG);
  bridge = started.bridge;
  came = [];
  isAnswering = true;
  const nats = await bridge.connection.get();
  const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-capture');
  await consumer.consume({
    callback: (message) => {
      const { correlation_id, router_data } = message.json<{
        correlation_id: string;
        router_data: RouterData;
      }>();
      came.push(router_data.attempt_id);
      if (!isAnswering) return;
      const reply = { status: 'success', transaction_id: `of ${router_data.attempt_id}`, correlation_id };
      void jetstream(nats)
        .publish(message.headers?.get('X-Reply-To') ?? '', JSON.stringify(reply))
        .then(() => message.ack());
    },
  });
});
afterEach(() => started.stop());

const capture = (attempt_id: string, merchant_id = 'm', on = bridge) =>
  on.capture({ ...CAPTURE, attempt_id, merchant_id });
const REFUSED = {
  kind: 'not_sent',
  status: 'PAYMENT_STATUS_UNSPECIFIED',
  statusCode: 429,
  error: {
    code: 'RATE_LIMITED',
    message:
      'Too many requests: nats_bridge.rate_limits.each_merchant allows every operation: 0.01/s for each merchant, burst 2',
  },
};

it('nothing is published of what is above the limit, and no other merchant hears of it', async () => {
  const manager = await jetstreamManager(await bridge.connection.get());
  const published = async () => (await manager.streams.info('PAYMENTS')).state.last_seq;
  await capture('att_1');
  await capture('att_2');
  const before = await published();
  expect(await capture('att_3')).toMatchObject(REFUSED);
  expect(await bridge.ledger.findLatest('m', 'capture:att_3')).toBeUndefined();
  expect(await published()).toBe(before);
  expect(await capture('att_4', 'other')).toMatchObject({ kind: 'answered' });
  expect(await capture('att_5', 'free')).toMatchObject({ kind: 'answered' });
  expect(came).toEqual(['att_1', 'att_2', 'att_4', 'att_5']);
  expect(bridge.rateLimits()).toMatchObject([
    { rule: 'free', passed: 1, turnedAway: 0 },
    { rule: 'each_merchant', passed: 3, waited: 0, turnedAway: 1, used: expect.closeTo(1, 1) },
  ]);
});

it('a repeat above the limit gets the first answer, or shares the call that is under way', async () => {
  await capture('att_1');
  isAnswering = false;
  const held = capture('att_2');
  await vi.waitFor(() => expect(came).toEqual(['att_1', 'att_2']));
  expect(await capture('att_1')).toMatchObject({ kind: 'answered', transactionId: 'of att_1' });
  const joined = capture('att_2');
  expect(await capture('att_3')).toMatchObject(REFUSED);
  await bridge.close();
  for (const outcome of [await held, await joined]) expect(outcome).toMatchObject({ kind: 'unknown' });
  expect(came).toEqual(['att_1', 'att_2']);
});

it('a repeat above the limit of a call in doubt is pending, not failed', async () => {
  isAnswering = false;
  const caller = new AbortController();
  const doubtful = bridge.capture({ ...CAPTURE, attempt_id: 'att_1' }, { signal: caller.signal });
  await vi.waitFor(() => expect(came).toEqual(['att_1']));
  caller.abort();
  expect(await doubtful).toMatchObject({ kind: 'unknown' });
  isAnswering = true;
  await capture('att_2');
  expect(await capture('att_1')).toMatchObject({ kind: 'unknown', status: 'PENDING' });
  expect(await capture('att_3')).toMatchObject(REFUSED);
  expect(came).toEqual(['att_1', 'att_2']);
});

it('a repeat above the limit of a call that waits for its worker, and has no record yet, is pending', async () => {
  const nats = await bridge.connection.get();
  // As workers that keep records do: until they begin there is none.
  nats.subscribe(guardedSubject('capture'), { callback: (_, message) => void message.respond() });
  await nats.flush();
  isAnswering = false;
  const waiting = capture('att_1');
  await vi.waitFor(() => expect(came).toEqual(['att_1']));
  const second = new NatsBridge({ base_url: started.server.url, ...CONFIG });
  try {
    const refunded = { ...CAPTURE, request: { refund_id: 'ref_1' } };
    // It hears from the first how much is used.
    await second.prepare();
    await vi.waitFor(
      async () => expect(await second.refund(refunded)).toMatchObject({ error: { code: 'RATE_LIMITED' } }),
      { timeout: 10_000 },
    );
    expect(await bridge.ledger.findLatest('m', 'capture:att_1')).toBeUndefined();
    expect(await capture('att_1', 'm', second)).toMatchObject({ kind: 'unknown', status: 'PENDING' });
    expect(await capture('att_2', 'm', second)).toMatchObject(REFUSED);
  } finally {
    await second.close();
    await bridge.close();
    await waiting;
  }
});

it('a limit is that of all bridges together', async () => {
  const second = new NatsBridge({ base_url: started.server.url, ...CONFIG });
  try {
    await second.prepare();
    await (await second.connection.get()).flush();
    await capture('att_1');
    await capture('att_2');
    await vi.waitFor(
      () => expect(second.rateLimits()[1]).toMatchObject({ passed: 0, used: expect.closeTo(1, 1) }),
      10_000,
    );
    expect(await capture('att_3', 'm', second)).toMatchObject(REFUSED);
    expect(await capture('att_4', 'other', second)).toMatchObject({ kind: 'answered' });
    expect(came).toEqual(['att_1', 'att_2', 'att_4']);
  } finally {
    await second.close();
  }
});
