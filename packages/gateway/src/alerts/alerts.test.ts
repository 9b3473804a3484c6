import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALERT_RULES, type Sight } from './alert-rules.js';
import { createAlertWatch } from './alert-watch.js';

const CALM: Sight = { isConnected: true, certificates: [], figures: undefined, operations: [], breakers: [] };
const calls = (changes: object) => ({
  ...CALM,
  operations: [{ operation: 'authorize', calls: 100, unknown: 0, not_sent: 0, p95_ms: 10, ...changes }],
});
const stream = (name: string, changes: object): Sight => ({
  ...CALM,
  figures: {
    rttMs: 1,
    ownConsumers: new Set(),
    workers: [],
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
const DAY_MS = 86_400_000;
const certificate = (leftMs: number): Sight => ({ ...CALM, certificates: [{ use: 'grpc_door', leftMs }] });
const consumer = { name: 'c', pending: 101, ackPending: 0, redelivered: 0, waiting: 0 };

describe('the alerts of a gateway', () => {
  it.each<[string, Sight, Sight]>([
    ['NatsBridgeNatsDisconnected', { ...CALM, isConnected: false }, CALM],
    ['NatsBridgeHighFailureRate', calls({ unknown: 4, not_sent: 2 }), calls({ unknown: 5 })],
    ['NatsBridgeHighLatency', calls({ p95_ms: 5_001 }), calls({ p95_ms: 5_000 })],
    [
      'NatsBridgeConsumerLag',
      stream('PAYMENTS', { consumers: [consumer] }),
      stream('PAYMENTS', { consumers: [{ ...consumer, pending: 100 }] }),
    ],
    [
      'NatsBridgeCircuitOpen',
      { ...CALM, breakers: [{ route: { operation: 'sync', connector: 'acme' }, state: 'open' }] },
      { ...CALM, breakers: [{ route: { operation: 'sync', connector: 'acme' }, state: 'half_open' }] },
    ],
    ['NatsBridgeInterventions', stream('INTERVENTIONS', { messages: 1 }), stream('INTERVENTIONS', {})],
    [
      'NatsBridgeDeadLetters',
      stream('DEAD_LETTERS', { messages: 11 }),
      stream('DEAD_LETTERS', { messages: 10 }),
    ],
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
  ])('%s is said when it has held for its time, and ends', (name, bad, good) => {
    const rule = ALERT_RULES.find((one) => one.name === name);
    const forMs = rule?.forMs ?? Number.NaN;
    const heard: string[] = [];
    const watch = createAlertWatch((alert, state) => heard.push(`${alert.name} ${state}`));
    watch.look(bad, 0);
    watch.look(bad, forMs - 1);
    expect(watch.firing()).toEqual([]);
    watch.look(bad, forMs);
    expect(watch.firing()).toMatchObject([{ name, since: 0, severity: rule?.severity }]);
    watch.look(bad, forMs + 1);
    watch.look(good, forMs + 2);
    expect(watch.firing()).toEqual([]);
    expect(heard).toEqual([`${name} firing`, `${name} resolved`]);
  });

  it('begin anew when they were gone in between', () => {
    const watch = createAlertWatch();
    watch.look({ ...CALM, isConnected: false }, 0);
    watch.look(CALM, 20_000);
    watch.look({ ...CALM, isConnected: false }, 25_000);
    watch.look({ ...CALM, isConnected: false }, 40_000);
    expect(watch.firing()).toEqual([]);
  });

  it('have the severity, the time and the page of the rules for Prometheus', () => {
    const file = new URL('../../../../deploy/prometheus/alerts.yml', import.meta.url);
    const shipped = readFileSync(file, 'utf8').split(/^ +- alert: /m);
    for (const { name, severity, forMs, runbook } of ALERT_RULES) {
      const text = shipped.find((rule) => rule.startsWith(`${name}\n`)) ?? '';
      const [, amount, unit] = /^ +for: (\d+)([sm])$/m.exec(text) ?? [];
      expect(Number(amount) * (unit === 'm' ? 60_000 : 1_000), name).toBe(forMs);
      expect(text, name).toContain(`severity: ${severity}\n`);
      expect(text, name).toContain(`runbook: ${runbook}\n`);
    }
  });
});
