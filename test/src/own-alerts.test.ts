/**
 * The alerts that a gateway evaluates itself, when what they speak of really happens: before a real server and a real
 * worker. The clock alone is moved, so that nobody waits for the minutes that a condition has to hold.
 */
import { digestOf } from '@nats-bridge/gateway';
import { createWorker, type Worker } from '@nats-bridge/worker';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import { alertRules } from './alert-rules.js';
import { authorizeRequest, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

type Alert = {
  readonly name: string;
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly runbook: string;
};

const MINUTE_MS = 60_000;
/** Longer than the figures of the broker are kept: each look sees new ones. */
const LOOK_EVERY_MS = 1_500;
/** Calls that the connector lets through at once, and requests that the worker takes at once. */
const MOST_IN_FLIGHT = 24;

let stack: Stack;
let worker: Worker;
let looks: MockInstance;
/** How far the clock has been moved. */
let aheadMs = 0;
let release: () => void = () => {};
let held = new Promise<void>((resolve) => {
  release = resolve;
});
const heard: (Alert & { readonly state: string })[] = [];

const authorize = (attempt: string) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt);
const many = <T>(call: (attempt: string) => Promise<T>, name: string, count = MOST_IN_FLIGHT) =>
  Promise.all(Array.from({ length: count }, (_, index) => call(`${name}_${index}`)));

/** Every look asks the connector once what it counted. */
async function nextLook(): Promise<void> {
  const before = looks.mock.calls.length;
  await until('the next look', () => (looks.mock.calls.length > before ? true : undefined));
}
/** A look while it holds, and one when it has held for so long. */
async function holdFor(ms: number): Promise<void> {
  await nextLook();
  aheadMs += ms;
  await nextLook();
}
async function firing(): Promise<readonly Alert[]> {
  const response = await fetch(`${stack.httpUrl}/admin/v1/overview`, {
    headers: { Authorization: 'Bearer t' },
  });
  return ((await response.json()) as { alerts: Alert[] }).alerts;
}
const untilFires = (name: string) =>
  until(name, async () => {
    const now = (await firing()).filter((alert) => alert.name === name);
    return now.length > 0 ? now : undefined;
  });

beforeAll(async () => {
  const realNow = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
  stack = await startStack({
    sandbox: false,
    alertsEveryMs: LOOK_EVERY_MS,
    config: {
      max_in_flight: MOST_IN_FLIGHT,
      timeouts: { authorize: 1_000, sync: 1_000 },
      circuit_breaker: { failures: 1_000 },
      jetstream: { max_deliver: 1 },
    },
    admin: { tokens: [{ name: 'jo', role: 'viewer', sha256: digestOf('t') }], rate_limit: 1_000 },
  });
  looks = vi.spyOn(stack.bridge, 'stats');
  (await stack.nats()).subscribe('hyperswitch.alerts.*', {
    callback: (_, message) => void heard.push(message.json()),
  });
  worker = createWorker({
    servers: stack.server.url,
    name: 'probe',
    concurrency: MOST_IN_FLIGHT,
    handlers: {
      async authorize({ router_data }) {
        if (router_data.attempt_id.startsWith('held')) await held;
        return { status: router_data.attempt_id.startsWith('declined') ? 'failure' : 'success' };
      },
      sync: () => {
        throw new TypeError('the processor is away');
      },
    },
  });
  await worker.start();
});
afterAll(async () => {
  vi.restoreAllMocks();
  release();
  await worker?.stop();
  await stack?.close();
});

describe('a gateway says by itself', { timeout: 180_000 }, () => {
  it('nothing while all is well', async () => {
    await authorize('well');
    await nextLook();
    expect(await firing()).toEqual([]);
    // Here no action needs a second person.
    expect((await stack.bridge.figures())?.approvalsWaiting).toBeUndefined();
    expect(await (await fetch(`${stack.httpUrl}/metrics`)).text()).not.toMatch(/^nats_bridge_approvals/m);
  });

  it('that calls are refused because too many are in flight, and that answers came too late', async () => {
    const waiting = many(authorize, 'held');
    await until('all to be in flight', () => (stack.bridge.inFlight === MOST_IN_FLIGHT ? true : undefined));
    expect(await authorize('one_too_many')).toMatchObject({
      error: { connector_details: { code: 'OVERLOADED' } },
    });
    for (const answer of await waiting) expect(answer).toMatchObject({ status: 'PENDING' });
    release();
    expect(await untilFires('NatsBridgeLateAnswers')).toMatchObject([
      { severity: 'warning', summary: expect.stringMatching(/answers came too late/) },
    ]);
    await holdFor(MINUTE_MS);
    expect(await untilFires('NatsBridgeOverloaded')).toMatchObject([
      { severity: 'critical', labels: { operation: 'authorize' } },
    ]);
    await holdFor(MINUTE_MS);
    expect(await untilFires('NatsBridgeHighFailureRate')).toMatchObject([
      { severity: 'critical', labels: { operation: 'authorize' } },
    ]);
  });

  it('that nobody answers an operation that is called', async () => {
    const captured = await stack.call(
      'PaymentService/Capture',
      { connector_transaction_id: 'txn_1', amount_to_capture: money(1) },
      'capture_1',
    );
    expect(captured).toMatchObject({ error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } } });
    await holdFor(MINUTE_MS);
    expect(await untilFires('NatsBridgeNoWorkers')).toMatchObject([
      { severity: 'critical', labels: { operation: 'capture' }, summary: 'nobody answers capture' },
    ]);
  });

  it('that handlers throw', async () => {
    await nextLook();
    await many(
      (attempt) =>
        stack.call(
          'PaymentService/Get',
          { connector_transaction_id: `txn_${attempt}`, amount: money(1) },
          attempt,
        ),
      'asked',
    );
    await nextLook();
    // They ran within the last five minutes for just as long as it has to hold: it is looked at in between.
    await holdFor(4 * MINUTE_MS);
    await many(
      (attempt) =>
        stack.call('PaymentService/Get', { connector_transaction_id: attempt, amount: money(1) }, attempt),
      'asked_again',
    );
    await holdFor(2 * MINUTE_MS);
    expect(await untilFires('NatsBridgeHandlersFail')).toMatchObject([
      { labels: { operation: 'sync' }, summary: '100 % of the runs of sync end with an exception' },
    ]);
  });

  it('that most payments are declined', async () => {
    await many(authorize, 'declined');
    await many(authorize, 'declined_again');
    await holdFor(10 * MINUTE_MS);
    expect(await untilFires('NatsBridgeHighDeclineRate')).toMatchObject([
      { labels: { operation: 'authorize', connector: 'imerchantsolutions' } },
    ]);
  });

  it('that two consumers get the same requests', async () => {
    const nats = await stack.nats();
    const manager = await jetstreamManager(nats);
    const name = 'somebody-else';
    await manager.consumers.add('PAYMENTS', {
      durable_name: name,
      filter_subject: 'hyperswitch.payments.*.authorize',
    });
    const reading = await (await jetstream(nats).consumers.get('PAYMENTS', name)).consume({
      callback: () => {},
    });
    expect(await untilFires('NatsBridgeConsumersOverlap')).toMatchObject([
      { severity: 'critical', labels: { stream: 'PAYMENTS' } },
    ]);
    await reading.close();
    await manager.consumers.delete('PAYMENTS', name);
    await until('it to end', async () =>
      (await firing()).some((alert) => alert.name === 'NatsBridgeConsumersOverlap') ? undefined : true,
    );
  });

  it('that workers have all they can take, and that they are gone', async () => {
    held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await many(authorize, 'held_again');
    await holdFor(5 * MINUTE_MS);
    expect(await untilFires('NatsBridgeWorkersSaturated')).toMatchObject([
      { labels: { worker: 'probe', operation: 'authorize' } },
    ]);
    release();
    await worker.stop();
    await holdFor(5 * MINUTE_MS);
    const gone = await untilFires('NatsBridgeWorkerDisconnected');
    expect(gone.map(({ labels }) => labels)).toEqual(
      expect.arrayContaining(['authorize', 'sync'].map((operation) => ({ worker: 'probe', operation }))),
    );
  });

  it('who listens on NATS hears each begin with its severity and its page, as the rules for Prometheus have them', async () => {
    const rules = alertRules();
    expect(new Set(heard.map(({ name }) => name)).size).toBeGreaterThanOrEqual(8);
    for (const { name, severity, runbook } of heard)
      expect(rules).toContainEqual(expect.objectContaining({ alert: name, severity, runbook }));
    expect(heard).toContainEqual(
      expect.objectContaining({ name: 'NatsBridgeConsumersOverlap', state: 'resolved' }),
    );
  });
});
