/** The metrics of a running bridge and its worker: driven with payments, then read as Prometheus reads them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepDeadLetters } from '@nats-bridge/connector';
import { createWorker, type Handler, type Worker } from '@nats-bridge/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertRules, selectorsIn } from './alert-rules.js';
import { parsePrometheusText, type Scraped } from './prometheus-text.js';
import { authorizeRequest, MERCHANT, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

const CONNECTOR = 'imerchantsolutions';
const DECLINED = '4000000000000002';
const HELD = '4000000000000010';
const LATE = '4000000000000028';
const BROKEN = '4000000000000036';

/** What Prometheus adds to what it scrapes. */
const FROM_PROMETHEUS = ['job', 'instance'];

/** Without TLS it has no samples; what it says with TLS stands in transport.test.ts. */
const OF_TLS = 'nats_bridge_certificate_end_timestamp_seconds';

type Panel = {
  readonly title: string;
  readonly description: string;
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
};

let stack: Stack;
let worker: Worker;
let workerMetricsUrl: string;
let keeper: ReturnType<typeof keepDeadLetters>;
let releaseHeld: () => void = () => {};
let releaseLate: () => void = () => {};

const readText = (path: string) => readFileSync(join(ROOT, path), 'utf8');

async function scrape(url: string): Promise<Scraped> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return parsePrometheusText(await response.text());
}
const scrapeGateway = () => scrape(`${stack.httpUrl}/metrics`);

/** The figures of the broker are kept for a moment: the value that comes within 10 s. */
const untilGateway = (name: string, labels: Record<string, string>, value: number) =>
  until(`${name} ${JSON.stringify(labels)} to be ${value}`, async () =>
    (await scrapeGateway()).value(name, labels) === value ? true : undefined,
  );

const pay = (attempt: string, number?: string) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, {}, number), attempt);

const authorize: Handler = async ({ router_data }) => {
  const { card } = router_data.request.payment_method as { card: { card_number: string } };
  if (card.card_number === DECLINED)
    return { status: 'failure', error: { code: 'card_declined', message: 'no' } };
  if (card.card_number === BROKEN) throw new Error('the processor is away');
  if (card.card_number === HELD)
    await new Promise<void>((resolve) => {
      releaseHeld = resolve;
    });
  if (card.card_number === LATE)
    await new Promise<void>((resolve) => {
      releaseLate = resolve;
    });
  return { status: 'success', transaction_id: `txn_${router_data.attempt_id}` };
};

beforeAll(async () => {
  stack = await startStack({
    sandbox: false,
    config: {
      request_timeout_ms: 5_000,
      timeouts: { authorize: 3_000, sync: 3_000 },
      circuit_breaker: { failures: 2, open_ms: 60_000 },
      approvals: { required_for: ['discard'] },
      rate_limits: { held_back: { merchant: 'merchant_held_back', requests_per_second: 0.01 } },
      jetstream: { ack_wait: 1_000, max_deliver: 2, max_messages: 100 },
    },
  });
  keeper = keepDeadLetters(stack.bridge);
  worker = createWorker({
    servers: stack.server.url,
    name: 'probe',
    concurrency: 8,
    weight: 2,
    handlers: {
      authorize,
      sync: () => {
        throw new Error('the processor is away');
      },
    },
    metrics: { port: 0 },
    onEvent: (event) => {
      if (event.type === 'metrics_served') workerMetricsUrl = event.url;
    },
  });
  await worker.start();
});
afterAll(async () => {
  await keeper.close();
  await worker.stop();
  await stack.close();
});

describe('a bridge that carried payments', () => {
  it('counts answers, declines and what was not sent, and how long each took', async () => {
    await pay('ok_1');
    await pay('ok_2');
    expect(await pay('declined', DECLINED)).toMatchObject({ status: 'FAILURE' });
    await stack.call(
      'PaymentService/Capture',
      { connector_transaction_id: 'txn_1', amount_to_capture: money(1) },
      'capture_1',
    );
    const shown = await scrapeGateway();
    const route = { operation: 'authorize', connector: CONNECTOR };
    expect(shown.value('nats_bridge_operations_total', { ...route, result: 'success' })).toBe(2);
    expect(shown.value('nats_bridge_operations_total', { ...route, result: 'failure' })).toBe(1);
    expect(
      shown.samples('nats_bridge_operations_total', { operation: 'capture' }).map(({ labels }) => labels),
    ).toEqual([
      { operation: 'capture', connector: CONNECTOR, result: 'not_sent', code: 'NO_WORKERS_AVAILABLE' },
    ]);
    expect(shown.value('nats_bridge_calls_without_workers_total', { operation: 'capture', pool: '' })).toBe(
      1,
    );
    const durations = 'nats_bridge_operation_duration_seconds';
    expect(shown.value(`${durations}_count`, { ...route, result: 'success' })).toBe(2);
    expect(shown.value(`${durations}_sum`, { ...route, result: 'success' })).toBeGreaterThan(0.001);
    expect(shown.value(`${durations}_bucket`, { ...route, result: 'success', le: '30' })).toBe(2);
    expect(
      shown.value('rpc_server_duration_seconds_count', {
        rpc_system: 'grpc',
        rpc_service: 'types.PaymentService',
        rpc_method: 'Authorize',
        rpc_grpc_status_code: '0',
      }),
    ).toBe(3);
    expect(shown.value('nats_bridge_replies_total', { path: 'durable' })).toBe(3);
    expect(shown.value('nats_bridge_circuit_breaker_state', route)).toBe(0);
  });

  it('shows what is in flight, at the door, on the way and in the hands of the worker', async () => {
    const call = pay('held', HELD);
    await untilGateway(
      'nats_bridge_worker_requests_in_flight',
      { worker: 'probe', operation: 'authorize' },
      1,
    );
    const shown = await scrapeGateway();
    expect(shown.value('nats_bridge_operations_in_flight', { operation: 'authorize' })).toBe(1);
    expect(shown.value('nats_bridge_door_calls_in_flight')).toBe(1);
    expect(shown.value('nats_bridge_door_calls_limit')).toBe(1_000);
    expect(shown.value('nats_bridge_in_flight_limit')).toBe(10_000);
    releaseHeld();
    await call;
    const after = await scrapeGateway();
    expect(after.value('nats_bridge_operations_in_flight', { operation: 'authorize' })).toBe(0);
    expect(after.value('nats_bridge_door_calls_in_flight')).toBe(0);
  });

  it('shows streams with their limits, consumers, and workers with their capacity', async () => {
    const authorizing = { stream: 'PAYMENTS', consumer: 'hyperswitch-consumer-authorize' };
    await untilGateway('nats_bridge_consumer_ack_pending', authorizing, 0);
    const shown = await scrapeGateway();
    const worker = { worker: 'probe', operation: 'authorize' };
    expect(shown.value('nats_bridge_broker_up')).toBe(1);
    expect(shown.value('nats_bridge_connection_rtt_seconds')).toBeGreaterThan(0);
    expect(shown.value('nats_bridge_connection_state', { state: 'connected' })).toBe(1);
    expect(shown.value('nats_bridge_connection_state', { state: 'reconnecting' })).toBe(0);
    expect(shown.value('nats_bridge_workers', worker)).toBe(1);
    expect(shown.value('nats_bridge_worker_capacity', worker)).toBe(8);
    expect(shown.value('nats_bridge_worker_weight', worker)).toBe(2);
    expect(shown.value('nats_bridge_backup_workers', worker)).toBe(0);
    expect(shown.value('nats_bridge_stream_messages_limit', { stream: 'PAYMENTS' })).toBe(100);
    const archived = shown.value('nats_bridge_stream_messages', { stream: 'PAYMENTS_ARCHIVE' }) ?? 0;
    expect(archived).toBeGreaterThanOrEqual(4);
    expect(shown.value('nats_bridge_stream_usage_ratio', { stream: 'PAYMENTS_ARCHIVE' })).toBe(
      archived / 100,
    );
    expect(shown.samples('nats_bridge_stream_usage_ratio', { stream: 'OPERATIONS' })).toEqual([]);
    expect(shown.value('nats_bridge_stream_replicas', { stream: 'PAYMENTS' })).toBe(1);
    expect(shown.value('nats_bridge_consumer_pending', authorizing)).toBe(0);
    expect(shown.value('nats_bridge_consumer_waiting_pulls', authorizing)).toBeGreaterThan(0);
  });

  it('counts a timeout with its retry, the late answer, and the breaker that opens', async () => {
    const route = { operation: 'authorize', connector: CONNECTOR };
    expect(await pay('late', LATE)).toMatchObject({ status: 'PENDING' });
    const unknown = { ...route, result: 'unknown', code: 'NATS_TIMEOUT' };
    const shown = await scrapeGateway();
    expect(shown.value('nats_bridge_operations_total', unknown)).toBe(1);
    expect(shown.value('nats_bridge_operation_retries_total', { ...route, code: 'NATS_TIMEOUT' })).toBe(1);
    expect(shown.value('nats_bridge_late_answers_total')).toBe(0);
    releaseLate();
    await untilGateway('nats_bridge_late_answers_total', {}, 1);

    // The second in a row: also the one that no worker can answer.
    expect(await pay('broken', BROKEN)).toMatchObject({ status: 'PENDING' });
    const open = await scrapeGateway();
    expect(open.value('nats_bridge_operations_total', unknown)).toBe(2);
    expect(open.value('nats_bridge_circuit_breaker_state', route)).toBe(2);
    expect(open.value('nats_bridge_circuit_breaker_opened_total', route)).toBe(1);
    await pay('refused');
    const refused = { ...route, result: 'not_sent', code: 'CIRCUIT_OPEN' };
    expect((await scrapeGateway()).value('nats_bridge_operations_total', refused)).toBe(1);
  });

  it('counts interventions and dead letters', async () => {
    const asked = { connector_transaction_id: 'pi_1', amount: money(1) };
    await stack.call('PaymentService/Get', asked, 'asked');
    await untilGateway('nats_bridge_dead_letters', { queue: 'interventions' }, 1);
    await untilGateway('nats_bridge_dead_letters', { queue: 'dead_letters' }, 1);
    const shown = await scrapeGateway();
    expect(shown.value('nats_bridge_dead_letters_total', { queue: 'interventions' })).toBe(1);
    expect(shown.value('nats_bridge_dead_letters_total', { queue: 'dead_letters' })).toBe(1);
  });

  it('never shows who paid', async () => {
    const text = await (await fetch(`${stack.httpUrl}/metrics`)).text();
    // Any digits may stand in a figure by chance.
    const withoutFigures = text.replaceAll(/^([^#].*) \S+$/gm, '$1');
    expect(withoutFigures).toContain('nats_bridge_operations_total{');
    for (const secret of [MERCHANT, 'pay_of_', 'ok_1', '4242', 'txn_'])
      expect(withoutFigures).not.toContain(secret);
  });

  it('folds connectors that nobody could know into one label', async () => {
    for (const connector of ['pay_1 or 1=1', 'x'.repeat(200)])
      await stack.bridge.execute('sync', {
        merchant_id: MERCHANT,
        payment_id: 'pay_1',
        attempt_id: 'att_1',
        connector,
        connector_auth_type: { auth_type: 'NoKey' },
        request: {},
        test_mode: true,
      });
    const shown = await scrapeGateway();
    expect(shown.value('nats_bridge_operation_duration_seconds_count', { connector: 'other' })).toBe(2);
  });
});

describe('what is written about metrics', () => {
  it('counts what a rate limit let through and turned away, by rule', async () => {
    const metadata = { 'x-merchant-id': 'merchant_held_back' };
    for (const attempt of ['limited_1', 'limited_2', 'limited_3'])
      await stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt, metadata);
    const shown = await scrapeGateway();
    const calls = (result: string) =>
      shown.value('nats_bridge_rate_limit_calls_total', { rule: 'held_back', result });
    expect([calls('passed'), calls('waited'), calls('turned_away')]).toEqual([1, 0, 2]);
    expect(shown.value('nats_bridge_rate_limit_used_ratio', { rule: 'held_back' })).toBeGreaterThan(0.5);
    expect(shown.value('nats_bridge_operations_total', { code: 'RATE_LIMITED' })).toBe(2);
  });

  it('docs/metrics.md lists each metric that exists, and no other', async () => {
    const shown = [await scrapeGateway(), await scrape(workerMetricsUrl)].flatMap(({ names }) => [...names]);
    const written = [...readText('docs/metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(written).toEqual([...new Set(written)]);
    expect(written.toSorted()).toEqual([...new Set(shown)].toSorted());
  });

  it('the dashboards ask for metrics that there are, by labels that these have, and name their units', async () => {
    const file = join(ROOT, 'deploy/grafana/dashboards.mjs');
    const { DASHBOARDS, grafanaOf } = (await import(file)) as {
      DASHBOARDS: readonly object[];
      grafanaOf(dashboard: object): { uid: string; panels: readonly Panel[] };
    };
    const scraped = [await scrapeGateway(), await scrape(workerMetricsUrl)];
    const dashboards = DASHBOARDS.map(grafanaOf);
    const panels = dashboards.flatMap((dashboard) => dashboard.panels);
    expect(panels.length).toBeGreaterThan(25);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
    for (const { title, description, fieldConfig, targets } of panels) {
      expect(fieldConfig.defaults.unit, title).toMatch(/^(reqps|s|short|percentunit|bytes)$/);
      expect(description, title).not.toBe('');
      for (const { expr, legendFormat } of targets) {
        const grouped = [...expr.matchAll(/by \(([^)]+)\)/g)].flatMap(([, names = '']) => names.split(', '));
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
        for (const name of shown) expect([...grouped, 'instance'], `${title}: legend`).toContain(name);
        for (const { metric, labels } of selectorsIn(expr)) {
          const samples = scraped.flatMap((page) => page.samples(metric));
          expect(samples, `${title}: ${metric}`).not.toEqual([]);
          const known = [
            ...new Set(samples.flatMap((sample) => Object.keys(sample.labels))),
            ...FROM_PROMETHEUS,
          ];
          for (const label of [...labels, ...grouped]) expect(known, `${title}: ${metric}`).toContain(label);
        }
      }
    }
  });

  it('the alert rules ask for metrics that have samples, by labels that these have', async () => {
    const scraped = [await scrapeGateway(), await scrape(workerMetricsUrl)];
    const asked = alertRules()
      .flatMap(({ expr }) => selectorsIn(expr))
      .filter(({ metric }) => metric !== OF_TLS);
    expect(asked.length).toBeGreaterThan(20);
    for (const { metric, labels } of asked) {
      const samples = scraped.flatMap((shown) => shown.samples(metric));
      expect(samples, metric).not.toEqual([]);
      for (const label of labels) expect(Object.keys(samples[0]?.labels ?? {}), metric).toContain(label);
    }
  });
});

describe('a worker that answered them', () => {
  it('shows its handlers, deliveries and connection', async () => {
    const shown = await scrape(workerMetricsUrl);
    const handled = { messaging_system: 'nats', operation: 'authorize' };
    const count = 'messaging_process_duration_seconds_count';
    expect(shown.value(count, { ...handled, result: 'success' })).toBe(5); // two, one within its limit, the held one and the late one
    expect(shown.value(count, { ...handled, result: 'failure' })).toBe(1);
    expect(shown.value(count, { ...handled, result: 'error' })).toBe(2);
    expect(shown.value('nats_bridge_worker_redeliveries_total', { operation: 'authorize' })).toBe(1);
    const deliveries = 'nats_bridge_worker_deliveries_total';
    expect(shown.value(deliveries, { operation: 'authorize', ending: 'answered' })).toBe(6);
    expect(shown.value(deliveries, { operation: 'authorize', ending: 'handler_failed' })).toBe(2);
    expect(shown.value('nats_bridge_worker_handlers_in_flight', { operation: 'authorize' })).toBe(0);
    expect(shown.value('nats_bridge_worker_concurrency', { operation: 'authorize' })).toBe(8);
    expect(shown.value('nats_bridge_worker_connection_state', { state: 'connected' })).toBe(1);
    expect(await worker.metrics()).toContain('process_cpu_seconds_total');
  });

  it('serves this machine alone, and nothing else', async () => {
    expect(workerMetricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    expect((await fetch(workerMetricsUrl.replace('/metrics', '/other'))).status).toBe(404);
    const port = Number(new URL(workerMetricsUrl).port);
    const second = createWorker({ handlers: { authorize }, metrics: { port } });
    await expect(second.start()).rejects.toThrow(/EADDRINUSE.*choose another port/);
  });

  it('is missed when it has gone', async () => {
    await worker.stop();
    await untilGateway('nats_bridge_workers', { worker: 'probe', operation: 'authorize' }, 0);
    await expect(fetch(workerMetricsUrl)).rejects.toThrow();
  });
});

describe('a bridge whose NATS has died', () => {
  it('still answers a scrape at once, with no old figures', async () => {
    await stack.server.stop();
    await until('the loss', async () =>
      (await scrapeGateway()).value('nats_bridge_connection_lost_total') === 1 ? true : undefined,
    );
    await untilGateway('nats_bridge_broker_up', {}, 0);
    const begunAt = performance.now();
    const shown = await scrapeGateway();
    expect(performance.now() - begunAt).toBeLessThan(2_000);
    expect(shown.value('nats_bridge_connection_state', { state: 'connected' })).toBe(0);
    for (const name of [
      'nats_bridge_stream_messages',
      'nats_bridge_workers',
      'nats_bridge_connection_rtt_seconds',
    ])
      expect(shown.samples(name)).toEqual([]);
  });
});
