/** The place of the workers says whether anybody is there, counted or not. */
import { expect, it } from 'vitest';
import type { Overview } from '../api/types.js';
import { placesOf } from './topology-places.js';

const overview = (workers: Overview['path']['workers']): Overview => ({
  at: '2026-11-24T13:00:00.000Z',
  window_s: 60,
  throughput_per_s: 0,
  latency_ms: { p50: null, p95: null, p99: null },
  in_flight: 0,
  in_flight_limit: 1_000,
  operations: [],
  path: {
    broker: { connected: true, url_host: 'a', rtt_ms: 1, reconnects: 0, durability: 'os_crash' },
    stream: null,
    workers,
  },
  letters: { dead_letters: 0, interventions: 0 },
  alerts: [],
  standing: { is: 'quiet', tone: 'quiet', share: null },
});

it.each([
  [
    'of the SDK',
    { is_anybody_there: true, alive: 2, in_flight: 3, capacity: 20 },
    ['2 alive', '3 of 20 busy'],
  ],
  ['others', { is_anybody_there: true, alive: 0, in_flight: 0, capacity: 0 }, ['there', 'without the SDK']],
  ['nobody', { is_anybody_there: false, alive: 0, in_flight: 0, capacity: 0 }, ['none there', '0 of 0 busy']],
])('%s', (_who, workers, lines) => {
  const place = placesOf(overview(workers)).find(({ name }) => name === 'Workers');
  expect(place?.lines.map(({ text }) => text)).toEqual(lines);
  expect(place?.isCutOff).toBe(!workers.is_anybody_there);
});
