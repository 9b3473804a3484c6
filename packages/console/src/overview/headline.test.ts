/** The first line says the worst thing that is true. */
import { expect, it } from 'vitest';
import type { Overview } from '../api/types.js';
import { headlineOf } from './headline.js';

const FIGURES = {
  operation: 'authorize',
  connector: 'stripe',
  calls: 100,
  success: 100,
  failure: 0,
  processing: 0,
  unknown: 0,
  not_sent: 0,
  p50_ms: 8,
  p95_ms: 20,
};
const ALERT = { name: 'X', severity: 'warning', since: '', labels: {}, summary: '', runbook: '' } as const;
const BASE: Overview = {
  at: '2026-11-24T13:00:00.000Z',
  window_s: 60,
  throughput_per_s: 1.7,
  latency_ms: { p50: 8, p95: 20, p99: 30 },
  in_flight: 0,
  in_flight_limit: 1_000,
  operations: [FIGURES],
  path: {
    broker: { connected: true, url_host: 'a', rtt_ms: 1, reconnects: 0, durability: 'os_crash' },
    stream: null,
    workers: { alive: 1, in_flight: 0, capacity: 10 },
  },
  letters: { dead: 0, interventions: 0 },
  alerts: [],
};
const { path } = BASE;
const down = { ...path, broker: { ...path.broker, connected: false } };
const alone = { ...path, workers: { ...path.workers, alive: 0 } };

it.each<[string, string, Partial<Overview>]>([
  ['good', 'Payments flow.', {}],
  ['plain', 'All is quiet.', { operations: [] }],
  ['warn', 'Payments flow, with 1 alert.', { alerts: [ALERT] }],
  ['bad', 'Payments flow, with 2 alerts.', { alerts: [ALERT, { ...ALERT, severity: 'critical' }] }],
  ['warn', 'Payments flow, and many are declined.', { operations: [{ ...FIGURES, failure: 20 }] }],
  ['bad', 'Payments fail.', { operations: [{ ...FIGURES, unknown: 10, not_sent: 10, failure: 80 }] }],
  ['bad', 'No worker is there.', { path: alone, alerts: [ALERT] }],
  ['bad', 'NATS is not connected.', { path: { ...down, workers: alone.workers } }],
  ['good', 'Payments flow.', { operations: [{ ...FIGURES, calls: 2, unknown: 1 }] }],
])('%s: %s', (tone, text, changes) => {
  expect(headlineOf({ ...BASE, ...changes })).toMatchObject({ tone, text });
});
