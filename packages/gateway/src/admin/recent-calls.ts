/** The calls of the last minutes: how many ended how, each second, and how long they took. */
import type { NatsBridge, Observation, Route } from '@nats-bridge/connector';
import { isoTime } from '@nats-bridge/protocol';
import { MOST_ROUTES, routeEntry } from '../seen/route-entry.js';
import type { OperationFigures, SecondPoint } from './schema/overview.js';

type Result = Extract<Observation, { type: 'call_ended' }>['result'];
type BreakerSeen = {
  readonly route: Route;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly at: number;
};

export type RecentCalls = {
  readonly windowS: number;
  /** Of the window, or of the seconds since it counts. */
  throughputPerS(): number;
  percentiles(): { p50: number | null; p95: number | null; p99: number | null };
  operations(): OperationFigures[];
  /** One for each of the last seconds since it counts, oldest first; the one that runs is left out. */
  series(): SecondPoint[];
  breakers(): readonly BreakerSeen[];
  close(): void;
};

const SERIES_S = 300;
const WINDOW_S = 60;
/** Kept of each second for percentiles; above it, some stand for all. */
const MOST_DURATIONS = 1_000;

type Second = { readonly at: number; readonly routes: Map<string, RouteSecond> };
type RouteSecond = {
  readonly route: Route;
  readonly results: Record<Result, number>;
  readonly durations: number[];
};

export function createRecentCalls(bridge: Pick<NatsBridge, 'observe'>, now = Date.now): RecentCalls {
  const since = Math.floor(now() / 1_000);
  const seconds: Second[] = [];
  const breakers = new Map<string, BreakerSeen>();

  function secondNow(): Second {
    const at = Math.floor(now() / 1_000);
    let last = seconds.at(-1);
    if (last?.at !== at) {
      last = { at, routes: new Map() };
      seconds.push(last);
      while ((seconds[0]?.at ?? at) < at - SERIES_S) seconds.shift();
    }
    return last;
  }

  function ended({
    operation,
    connector,
    result,
    durationMs,
  }: Extract<Observation, { type: 'call_ended' }>): void {
    const seen = routeEntry(secondNow().routes, { operation, connector }, (route) => ({
      route,
      results: noResults(),
      durations: [],
    }));
    seen.results[result]++;
    if (seen.durations.length < MOST_DURATIONS) seen.durations.push(durationMs);
    else seen.durations[Math.floor(Math.random() * MOST_DURATIONS)] = durationMs;
  }

  const stop = bridge.observe((observation) => {
    if (observation.type === 'call_ended') ended(observation);
    if (observation.type !== 'breaker_changed') return;
    const { operation, connector, state } = observation;
    if (breakers.size < MOST_ROUTES || state !== 'closed')
      breakers.set(`${operation}\n${connector}`, { route: { operation, connector }, state, at: now() });
  });

  /** Whole seconds only: the one that runs says too little. */
  const within = (windowS: number) => {
    const at = Math.floor(now() / 1_000);
    return seconds.filter((second) => second.at < at && second.at >= at - windowS);
  };
  const countedSeconds = (windowS: number) => Math.min(windowS, Math.floor(now() / 1_000) - since);
  const routesOf = (some: readonly Second[]) => some.flatMap(({ routes }) => [...routes.values()]);

  return {
    windowS: WINDOW_S,
    throughputPerS() {
      const calls = routesOf(within(WINDOW_S)).reduce((sum, { results }) => sum + sumOf(results), 0);
      return calls / Math.max(1, countedSeconds(WINDOW_S));
    },
    percentiles() {
      const sorted = sortedDurations(routesOf(within(WINDOW_S)));
      return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) };
    },
    operations() {
      return [...groupBy(routesOf(within(WINDOW_S))).values()]
        .map((seen) => figuresOf(seen))
        .sort((a, b) => b.calls - a.calls);
    },
    series() {
      const at = Math.floor(now() / 1_000);
      const known = new Map(seconds.map((second) => [second.at, second]));
      const length = countedSeconds(SERIES_S);
      return Array.from({ length }, (_, index) => {
        const second = at - length + index;
        return pointOf(second, [...(known.get(second)?.routes.values() ?? [])]);
      });
    },
    breakers: () => [...breakers.values()],
    close: stop,
  };
}

function noResults(): Record<Result, number> {
  return { success: 0, failure: 0, processing: 0, unknown: 0, not_sent: 0 };
}

function nameOf({ route }: RouteSecond): string {
  return `${route.operation}\n${route.connector}`;
}

function groupBy(seen: readonly RouteSecond[]): Map<string, RouteSecond[]> {
  const groups = new Map<string, RouteSecond[]>();
  for (const one of seen) {
    const group = groups.get(nameOf(one));
    if (group === undefined) groups.set(nameOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

function figuresOf(seen: readonly RouteSecond[]): OperationFigures {
  const results = noResults();
  for (const one of seen)
    for (const result of Object.keys(results) as Result[]) results[result] += one.results[result];
  const sorted = sortedDurations(seen);
  return {
    operation: seen[0]?.route.operation ?? '',
    connector: seen[0]?.route.connector ?? '',
    calls: sumOf(results),
    ...results,
    p50_ms: quantile(sorted, 0.5),
    p95_ms: quantile(sorted, 0.95),
  };
}

function pointOf(second: number, seen: readonly RouteSecond[]): SecondPoint {
  const calls = seen.reduce((sum, { results }) => sum + sumOf(results), 0);
  const failures = seen.reduce((sum, { results }) => sum + results.unknown + results.not_sent, 0);
  return { at: isoTime(second * 1_000), calls, failures, p95_ms: quantile(sortedDurations(seen), 0.95) };
}

function sumOf(results: Readonly<Record<Result, number>>): number {
  return Object.values(results).reduce((sum, count) => sum + count, 0);
}

function sortedDurations(seen: readonly RouteSecond[]): number[] {
  return seen.flatMap(({ durations }) => durations).sort((a, b) => a - b);
}

/** @param sorted ascending; null for none */
function quantile(sorted: readonly number[], share: number): number | null {
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return found === undefined ? null : Math.round(found * 100) / 100;
}
