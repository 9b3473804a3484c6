import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALERT_RULES, ONLY_IN_PROMETHEUS } from './alert-rules.js';
import { createAlertWatch } from './alert-watch.js';
import type { RouteOutcomes } from './recent-outcomes.js';
import type { Sight } from './sight.js';

const CALM: Sight = {
  isConnected: true,
  certificates: [],
  figures: undefined,
  calls: { last5Minutes: [], last15Minutes: [] },
  replies: { late: 0, stray: 0, refused: 0 },
  workers: [],
  handlers: [],
  breakers: [],
};
type Changes = Partial<Pick<RouteOutcomes, 'calls' | 'codes' | 'poolsWithoutWorkers' | 'slow'>> &
  Partial<RouteOutcomes['results']>;
/** By default 50 calls each of two connectors that all succeeded. */
function calls(one: Changes, connectors = ['acme', 'umbrella']): Sight {
  const { calls: all = 50, codes = {}, poolsWithoutWorkers = new Set(), slow = 0, ...others } = one;
  const results = { success: 0, failure: 0, processing: 0, unknown: 0, not_sent: 0, ...others };
  results.success = all - results.failure - results.unknown - results.not_sent - results.processing;
  const seen = connectors.map(
    (connector): RouteOutcomes => ({
      operation: 'authorize',
      connector,
      calls: all,
      results,
      codes,
      poolsWithoutWorkers,
      slow,
    }),
  );
  return { ...CALM, calls: { last5Minutes: seen, last15Minutes: seen } };
}
const stream = (name: string, changes: object): Sight => ({
  ...CALM,
  figures: {
    rttMs: 1,
    ownConsumers: new Set(),
    workers: [],
    approvalsWaiting: undefined,
    streams: [
      {
        name,
        messages: 0,
        bytes: 0,
        lastSeq: 0,
        maxMessages: undefined,
        maxBytes: undefined,
        replicas: { current: 1, wanted: 1 },
        consumers: [],
        overlaps: [],
        ...changes,
      },
    ],
  },
});
/** Two processes of one worker, which can take 100 each. */
const load = (inFlight: number): Sight => ({
  ...CALM,
  figures: {
    rttMs: 1,
    ownConsumers: new Set(),
    streams: [],
    approvalsWaiting: undefined,
    workers: ['one', 'two'].map((id) => ({
      worker: 'acme',
      id,
      operation: 'authorize',
      capacity: 100,
      weight: undefined,
      priority: 0,
      inFlight,
      runs: undefined,
      errors: undefined,
    })),
  },
});
const waiting = (approvalsWaiting: number): Sight => ({
  ...CALM,
  figures: { rttMs: 1, ownConsumers: new Set(), streams: [], workers: [], approvalsWaiting },
});
const present = (alive: number): Sight => ({
  ...CALM,
  workers: [{ worker: 'acme', operation: 'authorize', alive, most: 2 }],
});
const ran = (runs: number, errors: number): Sight => ({
  ...CALM,
  handlers: [{ operation: 'authorize', runs, errors }],
});
const replies = (changes: Partial<Sight['replies']>): Sight => ({
  ...CALM,
  replies: { ...CALM.replies, ...changes },
});
const DAY_MS = 86_400_000;
const certificate = (leftMs: number): Sight => ({ ...CALM, certificates: [{ use: 'grpc_door', leftMs }] });
const consumer = { name: 'c', pending: 101, ackPending: 0, redelivered: 0, waiting: 0 };

/** The rules in deploy/prometheus, by name. */
const shipped = new Map(
  readFileSync(new URL('../../../../deploy/prometheus/alerts.yml', import.meta.url), 'utf8')
    .split(/^ +- alert: /m)
    .slice(1)
    .map((rule) => [/^\w+/.exec(rule)?.[0] ?? '', rule]),
);

/** A rule, a sight for which it holds, and the nearest for which it does not. */
const ROWS: readonly [string, Sight, Sight][] = [
  ['NatsBridgeNatsDisconnected', { ...CALM, isConnected: false }, CALM],
  ['NatsBridgeHighFailureRate', calls({ unknown: 2, not_sent: 1 }), calls({ unknown: 2 })],
  [
    'NatsBridgeHighFailureRate',
    calls({ not_sent: 20, codes: { VALIDATION_ERROR: 5, CANCELLED: 4, RATE_LIMITED: 8 } }),
    calls({ not_sent: 20, codes: { VALIDATION_ERROR: 5, CANCELLED: 4, RATE_LIMITED: 9 } }),
  ],
  ['NatsBridgeHighFailureRate', calls({ calls: 10, unknown: 9 }), calls({ calls: 9, unknown: 9 })],
  ['NatsBridgeHighDeclineRate', calls({ failure: 26 }, ['acme']), calls({ failure: 25 }, ['acme'])],
  [
    'NatsBridgeHighDeclineRate',
    calls({ failure: 11, not_sent: 30, codes: { VALIDATION_ERROR: 30 } }, ['acme']),
    calls({ calls: 19, failure: 19 }, ['acme']),
  ],
  ['NatsBridgeHighLatency', calls({ slow: 3 }), calls({ slow: 2 })],
  ['NatsBridgeNoWorkers', calls({ poolsWithoutWorkers: new Set(['eu']) }), calls({})],
  ['NatsBridgeOverloaded', calls({ codes: { OVERLOADED: 1 } }), calls({ codes: { NATS_TIMEOUT: 1 } })],
  ['NatsBridgeWorkerDisconnected', present(1), present(2)],
  ['NatsBridgeWorkersSaturated', load(91), load(90)],
  ['NatsBridgeHandlersFail', ran(20, 2), ran(20, 1)],
  ['NatsBridgeHandlersFail', ran(100, 6), ran(19, 19)],
  ['NatsBridgeLateAnswers', replies({ late: 6 }), replies({ late: 5 })],
  ['NatsBridgeStrayReplies', replies({ stray: 1 }), CALM],
  ['NatsBridgeRefusedReplies', replies({ refused: 1 }), CALM],
  [
    'NatsBridgeOperationsInDoubt',
    stream('LATE_ANSWERS', { consumers: [{ ...consumer, name: 'late-answers', pending: 0, ackPending: 1 }] }),
    stream('LATE_ANSWERS', { consumers: [{ ...consumer, pending: 1 }] }),
  ],
  [
    'NatsBridgeReplicasMissing',
    stream('PAYMENTS', { replicas: { current: 2, wanted: 3 } }),
    stream('PAYMENTS', { replicas: { current: 3, wanted: 3 } }),
  ],
  [
    'NatsBridgeConsumersOverlap',
    stream('PAYMENTS', { overlaps: [{ first: 'a', second: 'b' }] }),
    stream('PAYMENTS', {}),
  ],
  [
    'NatsBridgeConsumerLag',
    stream('PAYMENTS', { consumers: [consumer] }),
    stream('PAYMENTS', { consumers: [{ ...consumer, pending: 100 }] }),
  ],
  [
    'NatsBridgeCircuitOpen',
    { ...CALM, breakers: [{ route: { operation: 'sync', connector: 'acme' }, state: 'open' }] },
    { ...CALM, breakers: [{ route: { operation: 'sync', connector: 'acme' }, state: 'closed' }] },
  ],
  [
    'NatsBridgeCircuitOpen',
    { ...CALM, breakers: [{ route: { operation: 'sync', connector: 'acme' }, state: 'half_open' }] },
    { ...CALM, breakers: [] },
  ],
  ['NatsBridgeInterventions', stream('INTERVENTIONS', { messages: 1 }), stream('INTERVENTIONS', {})],
  [
    'NatsBridgeDeadLetters',
    stream('DEAD_LETTERS', { messages: 11 }),
    stream('DEAD_LETTERS', { messages: 10 }),
  ],
  ['NatsBridgeApprovalsWait', waiting(1), waiting(0)],
  [
    'NatsBridgeStreamNearlyFull',
    stream('PAYMENTS', { bytes: 81, maxBytes: 100 }),
    stream('PAYMENTS_ARCHIVE', { bytes: 100, maxBytes: 100 }),
  ],
  [
    'NatsBridgeStreamNearlyFull',
    stream('OPERATIONS', { bytes: 81, maxBytes: 100 }),
    stream('LOGS', { bytes: 100, maxBytes: 100 }),
  ],
  ['NatsBridgeCertificateEnds', certificate(14 * DAY_MS - 1), certificate(14 * DAY_MS)],
];
const TRIED = ROWS.map(([name]) => name);

describe('the alerts of a gateway', () => {
  it.each(ROWS)('%s is said when it has held for its time, and ends', (name, bad, good) => {
    const rule = ALERT_RULES.find((one) => one.name === name);
    const forMs = rule?.forMs ?? Number.NaN;
    const heard: string[] = [];
    const watch = createAlertWatch((alert, state) => heard.push(`${alert.name} ${state}`));
    watch.look(bad, 0);
    if (forMs > 0) watch.look(bad, forMs - 1);
    expect(watch.firing()).toHaveLength(forMs > 0 ? 0 : 1);
    watch.look(bad, forMs);
    expect(watch.firing()).toMatchObject([{ name, since: 0, severity: rule?.severity }]);
    watch.look(bad, forMs + 1);
    watch.look(good, forMs + 2);
    expect(watch.firing()).toEqual([]);
    expect(heard).toEqual([`${name} firing`, `${name} resolved`]);
  });

  it('name the pool in which nobody is, where there is one', () => {
    const rule = ALERT_RULES.find(({ name }) => name === 'NatsBridgeNoWorkers');
    expect(rule?.holds(calls({ poolsWithoutWorkers: new Set([undefined, 'eu']) }))).toEqual([
      { labels: { operation: 'authorize' }, summary: 'nobody answers authorize' },
      { labels: { operation: 'authorize', pool: 'eu' }, summary: 'nobody answers authorize in the pool eu' },
    ]);
  });

  it('begin anew when they were gone in between', () => {
    const watch = createAlertWatch();
    watch.look({ ...CALM, isConnected: false }, 0);
    watch.look(CALM, 20_000);
    watch.look({ ...CALM, isConnected: false }, 25_000);
    watch.look({ ...CALM, isConnected: false }, 40_000);
    expect(watch.firing()).toEqual([]);
  });

  it.each(ALERT_RULES)('$name is tried above', ({ name }) => {
    expect(TRIED).toContain(name);
  });

  it('are the rules for Prometheus, but for those that no gateway can have', () => {
    const own = ALERT_RULES.map(({ name }) => name);
    expect([...own, ...Object.keys(ONLY_IN_PROMETHEUS)].toSorted()).toEqual([...shipped.keys()].toSorted());
  });

  it.each(ALERT_RULES)('$name has the severity, the time and the page of the rule for Prometheus', (rule) => {
    const text = shipped.get(rule.name) ?? '';
    const [, amount = 0, unit] = /^ +for: (\d+)([sm])$/m.exec(text) ?? [];
    expect(Number(amount) * (unit === 'm' ? 60_000 : 1_000)).toBe(rule.forMs);
    expect(text).toContain(`severity: ${rule.severity}\n`);
    expect(text).toContain(`runbook: ${rule.runbook}\n`);
  });

  it.each<[string, Sight]>(ROWS.map(([name, bad]) => [name, bad]))(
    '%s names what the rule for Prometheus groups by',
    (name, bad) => {
      const [condition] = ALERT_RULES.find((rule) => rule.name === name)?.holds(bad) ?? [];
      const said = [...(shipped.get(name) ?? '').matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      // A gateway speaks of itself alone.
      const wanted = new Set(said.filter((label) => label !== 'instance'));
      expect(Object.keys(condition?.labels ?? {}).toSorted()).toEqual([...wanted].toSorted());
    },
  );
});
