import type { BreakersAnswer, Overview } from '@nats-bridge/gateway/admin-types';
import { describe, expect, it } from 'vitest';
import { frameOf } from './frame.js';
import type { Sight } from './sight.js';
import { shareBar, sparkLine } from './spark-line.js';
import { textLine } from './text-line.js';

const plain = (_: unknown, text: string) => text;
const at = '2026-11-28T12:00:00.000Z';

const route = (operation: string, calls: number): Overview['operations'][number] => ({
  operation,
  connector: 'a_connector_with_a_long_name',
  calls,
  success: calls,
  failure: 0,
  processing: 0,
  unknown: 0,
  not_sent: 0,
  p50_ms: 12.34,
  p95_ms: 250,
});

const overview: Overview = {
  at,
  window_s: 60,
  throughput_per_s: 123_456,
  latency_ms: { p50: 6.1, p95: 120, p99: 30_000 },
  in_flight: 10_000,
  in_flight_limit: 1_000_000,
  operations: [route('authorize', 7_407_360)],
  path: {
    broker: { connected: true, url_host: 'nats-1:4222', rtt_ms: 0.4, reconnects: 2, durability: 'os_crash' },
    stream: { name: 'PAYMENTS', messages: 3, bytes: 4_000, max_bytes: null },
    workers: { is_anybody_there: true, alive: 1, in_flight: 3, capacity: 64 },
  },
  letters: { dead_letters: 0, interventions: 0 },
  alerts: [],
  standing: { is: 'flowing', tone: 'good', share: null },
};

const stream = (name: string, messages: number, share: number | null = null) => ({
  name,
  messages,
  bytes: messages * 1_000,
  max_bytes: null,
  share,
  replicas: { current: 3, wanted: 3 },
  consumers: [{ name: 'c', pending: 0, ack_pending: 12_345, redelivered: 0, own: true }],
});

function rule(name: string, used: number, turned_away: number): BreakersAnswer['rate_limits'][number] {
  const of = { merchant: '*', operation: '*', connector: '*', per: ['merchant' as const] };
  const allowed = { requests_per_second: 50, burst: 100, max_wait_ms: 0 };
  return { rule: name, ...of, ...allowed, passed: 5, waited: 0, turned_away, used };
}

function breakers(rate_limits: BreakersAnswer['rate_limits']): BreakersAnswer {
  return { items: [], limits: { in_flight: 0, limit: 10, failures: 5, open_ms: 10_000 }, rate_limits };
}

const sight: Sight = {
  url: 'http://bridge-1.internal:8080',
  overview,
  series: Array.from({ length: 300 }, (_, index) => ({ at, calls: index % 10, failures: 0, p95_ms: index })),
  workers: {
    items: [
      {
        worker: 'stripe',
        id: 'abcdef0123',
        operations: ['authorize'],
        capacity: 64,
        weight: 3,
        priority: 0,
        in_flight: 3,
      },
    ],
    consumers_without_workers: [],
    overlaps: [],
  },
  streams: { items: [stream('PAYMENTS', 1_000_000, 0.85), stream('EMPTY', 0)] },
  breakers: breakers([rule('each_merchant', 0.2, 0), rule('acme', 0.95, 1_234)]),
};

/** As much of everything as could be. */
const full: Sight = {
  ...sight,
  overview: {
    ...overview,
    operations: Array.from({ length: 60 }, (_, index) => route(`operation_${index}`, 100_000 - index)),
    letters: { dead_letters: 12, interventions: 3 },
    alerts: Array.from({ length: 9 }, (_, index) => ({
      name: `NatsBridgeAlert${index}`,
      severity: 'critical' as const,
      since: at,
      labels: {},
      summary: 'It is bad, and this says at some length how bad it is for whom',
      runbook: '',
    })),
  },
  workers: {
    items: Array.from({ length: 40 }, (_, index) => ({
      worker: `worker_with_a_name_that_is_long_${index}`,
      id: `id-${index}`,
      operations: ['authorize', 'sync'],
      capacity: 64,
      weight: null,
      priority: 1,
      in_flight: index === 0 ? null : 64,
    })),
    consumers_without_workers: ['hyperswitch-consumer-capture'],
    overlaps: ['one and another'],
  },
  streams: { items: Array.from({ length: 12 }, (_, index) => stream(`STREAM_${index}`, 10_000_000, 0.9)) },
  breakers: breakers(Array.from({ length: 20 }, (_, index) => rule(`rule_${index}`, 1, 100_000))),
};

describe('a frame', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
    [60, 16],
    [20, 10],
  ])('fits a terminal of %i by %i, however much there is', (columns, rows) => {
    for (const seen of [sight, full, { ...full, lost: { since: new Date(at), why: 'away' } }]) {
      const lines = frameOf(seen, { columns, rows }, plain, 'q quits');
      expect(lines).toHaveLength(rows);
      expect(lines.at(-1)).toBe('q quits');
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
    }
  });

  it('shows everything at once in 80 by 24 where there is little, and cuts nothing', () => {
    const text = frameOf(sight, { columns: 80, rows: 24 }, plain, 'q quits').join('\n');
    expect(text).toContain('Payments flow: 123k a second, 7.4M in 60 s');
    for (const part of [
      'throughput  123k/s  p50 6.1 ms  p95 120 ms  p99 30.0 s  in flight 10,000/1.0M',
      /^calls\/s +[▁-█]{52} +peak 9$/m,
      /^alerts +none$/m,
      /^authorize +a_connector_… +7\.4M +7\.4M +· +· +· +· +12\.3 ms +250 ms$/m,
      /^broker +connected nats-1:4222 +rtt 0\.4 ms +survives os_crash +reconnects 2$/m,
      /^workers +stripe +abcdef01 +▍·+ +3\/64 {2}×3 {2}authorize$/m,
      /^limits +acme 95 %, 1,234 turned away {2}each_merchant 20 %$/m,
      /^streams +PAYMENTS +1\.0M msgs +954 MiB +████▎ 85 % +in hand 12,345$/m,
      /^ +empty: EMPTY$/m,
      /^letters +0 dead letters +0 interventions$/m,
    ])
      expect(text).toMatch(part);
  });

  it('has room for the weight and the priority of a backup with many operations', () => {
    const worker = { worker: 'stripe', id: 'abcdef0123', operations: Array(46).fill('x'), capacity: 64 };
    const workers = { items: [{ ...worker, weight: 16, priority: 9, in_flight: 64 }] };
    const seen = { ...sight, workers: { ...workers, consumers_without_workers: [], overlaps: [] } };
    const text = frameOf(seen, { columns: 80, rows: 24 }, plain).join('\n');
    expect(text).toMatch(/^workers .* 64\/64 {2}×16 backup 9 {2}46 ops$/m);
  });

  it('has no line for limits where there are none', () => {
    const lines = frameOf({ ...sight, breakers: breakers([]) }, { columns: 80, rows: 24 }, plain);
    expect(lines.filter((line) => line.startsWith('limits'))).toEqual([]);
  });

  it('counts what does not fit, and leaves room for each part', () => {
    const text = frameOf(full, { columns: 80, rows: 24 }, plain, 'q quits').join('\n');
    for (const part of [
      'NatsBridgeAlert0',
      '… and 6 more',
      /routes with fewer calls/,
      'worker_with_a_nam…',
      'STREAM_0',
      '12 dead letters  3 interventions',
    ])
      expect(text).toMatch(part);
  });

  it.each([
    [
      'nobody answers',
      { lost: { since: new Date(at), why: 'x is away' } },
      /^The gateway does not answer since.*\nfigures of before: x is away$/m,
    ],
    ['NATS is lost', standing('broker_away'), /^NATS is not connected/],
    ['NATS hangs', standing('broker_silent'), /^NATS does not answer/],
    ['no worker is there', standing('no_workers'), /^No worker is there/],
    ['calls fail', standing('failing', 0.9), /^Payments fail: 90 % had no answer/],
    ['many are declined', standing('declining', 0.3), /^Payments flow, 30 % are declined/],
    ['nothing happens', standing('quiet'), /^All is quiet: no calls in 60 s/],
    ['an alert fires', standing('alerts', null, full.overview), /^Payments flow, with 9 alerts/],
  ] as const)('says first that %s', (_what, change, headline) => {
    const seen = { ...sight, ...change } as Sight;
    expect(frameOf(seen, { columns: 80, rows: 24 }, plain).join('\n')).toMatch(headline);
  });

  it('counts no workers without the SDK, and does not call them none', () => {
    const with_ = (is_anybody_there: boolean) => {
      const path = { ...overview.path, workers: { is_anybody_there, alive: 0, in_flight: 0, capacity: 0 } };
      const seen = { ...sight, overview: { ...overview, path }, workers: undefined };
      return frameOf(seen, { columns: 80, rows: 24 }, plain).join('\n');
    };
    expect(with_(true)).toMatch(/^workers +there, without the SDK: not counted$/m);
    expect(with_(false)).toMatch(/^workers +none$/m);
  });

  it('lets no name move the cursor', () => {
    const named = operations({ connector: 'x\u001b[2J\r\n' });
    const lines = frameOf({ ...sight, ...named } as Sight, { columns: 80, rows: 24 }, plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
  });
});

function standing(is: Overview['standing']['is'], share: number | null = null, of = overview) {
  return { overview: { ...of, standing: { is, tone: 'critical' as const, share } } };
}

function operations(change: Partial<Overview['operations'][number]>) {
  return { overview: { ...overview, operations: [{ ...route('authorize', 100), ...change }] } };
}

describe('bars', () => {
  it('have the newest values at the right, gaps where nothing is known, and the highest full', () => {
    expect(sparkLine([9, 0, null, 4, 8], 4)).toBe('▁ ▅█');
    expect(sparkLine([0, 0], 4)).toBe('  ▁▁');
    expect(sparkLine([], 2)).toBe('  ');
  });

  it.each([
    [0, '····'],
    [0.5, '██··'],
    [0.51, '██··'],
    [1, '████'],
    [7, '████'],
  ])('show %f as %s', (share, bar) => {
    expect(shareBar(share, 4)).toBe(bar);
  });
});

it('a line is coloured after it was cut', () => {
  const paint = (style: unknown, text: string) => `<${style}>${text}</>`;
  expect(textLine(6, paint, ['ab', ['cdef', 'red'], 'gh'])).toBe('ab<red>cde</>…');
  expect(textLine(8, paint, ['ab', ['cdef', 'red'], 'gh'])).toBe('ab<red>cdef</>gh');
});
