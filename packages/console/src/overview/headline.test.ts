/** The first line puts into words what the gateway has decided. */
import { expect, it } from 'vitest';
import { ApiError } from '../api/client.js';
import type { Overview } from '../api/types.js';
import { headlineOf, lostHeadline } from './headline.js';

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
    workers: { is_anybody_there: true, alive: 1, in_flight: 0, capacity: 10 },
  },
  letters: { dead_letters: 0, interventions: 0 },
  alerts: [],
  standing: { is: 'flowing', tone: 'good', share: null },
};

it.each<[Overview['standing']['is'], string, string, Partial<Overview>]>([
  ['flowing', 'Payments flow.', '1.7 a second, 100 calls in 60 s.', {}],
  ['quiet', 'All is quiet.', 'No calls in 60 s; everything is ready for them.', { operations: [] }],
  ['alerts', 'Payments flow, with 1 alert.', '1.7 a second, 100 calls in 60 s.', { alerts: [ALERT] }],
  [
    'alerts',
    'No payments now, and 1 alert.',
    '1.7 a second, 0 calls in 60 s.',
    { operations: [], alerts: [ALERT] },
  ],
  [
    'interventions',
    'Payments flow, and 2 interventions wait for a person.',
    '1.7 a second, 100 calls in 60 s.',
    { letters: { dead_letters: 0, interventions: 2 } },
  ],
  [
    'interventions',
    'No payments now, and 1 intervention waits for a person.',
    '1.7 a second, 0 calls in 60 s.',
    { operations: [], letters: { dead_letters: 0, interventions: 1 } },
  ],
  ['declining', 'Payments flow, and many are declined.', '20 % of 100 calls in 60 s.', {}],
  ['failing', 'Payments fail.', '20 % of 100 calls in 60 s had no answer from a worker.', {}],
  ['no_workers', 'No worker is there.', 'Calls are answered as failed at once.', {}],
  ['broker_silent', 'NATS does not answer.', 'It is connected, and says nothing of streams and workers.', {}],
  ['broker_away', 'NATS is not connected.', 'No payment can be taken until it is.', {}],
])('%s: %s', (is, text, detail, changes) => {
  const standing = { is, tone: 'warning', share: 0.2 } as const;
  expect(headlineOf({ ...BASE, standing, ...changes })).toEqual({ tone: 'warning', text, detail });
});

it('says of when it is, where the gateway says nothing any more', () => {
  expect(lostHeadline(new ApiError(0, 'UNREACHABLE', 'It is away.'), BASE.at)).toEqual({
    tone: 'critical',
    text: 'Not live: this is of 13:00:00 UTC.',
    detail: 'It is away.',
  });
});
