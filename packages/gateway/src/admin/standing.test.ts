/** The worst thing that is true is what is said. */
import { expect, it } from 'vitest';
import { type StandingFacts, standingOf } from './standing.js';

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
const BASE: StandingFacts = {
  operations: [FIGURES],
  path: {
    broker: { connected: true, url_host: 'a', rtt_ms: 1, reconnects: 0, durability: 'os_crash' },
    stream: null,
    workers: { is_anybody_there: true, alive: 1, in_flight: 0, capacity: 10 },
  },
  letters: { interventions: 0 },
  alerts: [],
};
const { path } = BASE;
const warning = { severity: 'warning' } as const;
const critical = { severity: 'critical' } as const;
const uncounted = { ...path, workers: { is_anybody_there: true, alive: 0, in_flight: 0, capacity: 0 } };
const alone = { ...uncounted, workers: { ...uncounted.workers, is_anybody_there: false } };
const brokerIs = (changes: object) => ({ ...alone, broker: { ...path.broker, ...changes } });
const failing = [{ ...FIGURES, unknown: 10, not_sent: 10, failure: 80 }];

it.each<[string, string, number | null, Partial<StandingFacts>]>([
  ['flowing', 'good', null, {}],
  ['flowing', 'good', null, { operations: [{ ...FIGURES, failure: 19, unknown: 19 }] }],
  ['flowing', 'good', null, { operations: [{ ...FIGURES, calls: 9, unknown: 9 }] }],
  ['quiet', 'quiet', null, { operations: [] }],
  ['alerts', 'warning', null, { alerts: [warning] }],
  ['alerts', 'critical', null, { alerts: [warning, critical], operations: [] }],
  ['interventions', 'warning', null, { letters: { interventions: 1 } }],
  ['interventions', 'warning', null, { letters: { interventions: 1 }, operations: [] }],
  ['alerts', 'critical', null, { letters: { interventions: 1 }, alerts: [critical] }],
  ['declining', 'warning', 0.2, { operations: [{ ...FIGURES, failure: 20 }], alerts: [critical] }],
  ['declining', 'warning', 0.424, { operations: [{ ...FIGURES, calls: 33, failure: 14 }] }],
  ['failing', 'critical', 0.2, { operations: failing }],
  ['failing', 'critical', 0.2, { operations: [{ ...FIGURES, calls: 10, unknown: 2 }] }],
  ['flowing', 'good', null, { path: uncounted }],
  ['failing', 'critical', 0.2, { path: uncounted, operations: failing }],
  ['no_workers', 'critical', null, { path: alone, operations: failing, alerts: [warning] }],
  ['broker_silent', 'critical', null, { path: brokerIs({ rtt_ms: null }), operations: failing }],
  ['broker_away', 'critical', null, { path: brokerIs({ rtt_ms: null, connected: false }) }],
])('%s, %s', (is, tone, share, changes) => {
  expect(standingOf({ ...BASE, ...changes })).toEqual({ is, tone, share });
});
