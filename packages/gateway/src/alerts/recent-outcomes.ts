/** How the calls of the last 15 minutes ended, in slices of time: enough for shares and counts, and nothing of any one call. */
import type { CallResult, NatsBridge, Observation, Route } from '@nats-bridge/connector';
import type { BridgeErrorCode } from '@nats-bridge/protocol';
import { routeEntry } from '../seen/route-entry.js';

export type RouteOutcomes = Route & {
  readonly calls: number;
  readonly results: Readonly<Record<CallResult, number>>;
  /** Of `unknown` and `not_sent`: why. */
  readonly codes: Readonly<Partial<Record<BridgeErrorCode, number>>>;
  /** In which nobody took a call; undefined stands for the workers of no pool. */
  readonly poolsWithoutWorkers: ReadonlySet<string | undefined>;
  /** Took longer than {@link SLOW_MS}. */
  readonly slow: number;
};

export type RecentOutcomes = {
  /** @param windowMs up to 15 minutes */
  within(windowMs: number): readonly RouteOutcomes[];
  close(): void;
};

/** Above it, a call is slow: the bound of NatsBridgeHighLatency. */
export const SLOW_MS = 5_000;

const SLICE_MS = 10_000;
const KEPT_MS = 15 * 60_000;

type CallEnded = Extract<Observation, { type: 'call_ended' }>;
type Counts = {
  readonly route: Route;
  calls: number;
  readonly results: Record<CallResult, number>;
  readonly codes: Partial<Record<BridgeErrorCode, number>>;
  readonly poolsWithoutWorkers: Set<string | undefined>;
  slow: number;
};
type Slice = { readonly at: number; readonly routes: Map<string, Counts> };

export function createRecentOutcomes(bridge: Pick<NatsBridge, 'observe'>, now = Date.now): RecentOutcomes {
  const slices: Slice[] = [];

  function sliceNow(): Slice {
    const at = Math.floor(now() / SLICE_MS) * SLICE_MS;
    const last = slices.at(-1);
    if (last?.at === at) return last;
    const next = { at, routes: new Map<string, Counts>() };
    slices.push(next);
    while ((slices[0]?.at ?? at) < at - KEPT_MS) slices.shift();
    return next;
  }

  function count(ended: CallEnded): void {
    const { result, code, pools = [], durationMs } = ended;
    const counts = routeEntry(sliceNow().routes, ended, noCalls);
    counts.calls++;
    counts.results[result]++;
    if (code !== undefined) counts.codes[code] = (counts.codes[code] ?? 0) + 1;
    for (const pool of pools) counts.poolsWithoutWorkers.add(pool);
    if (durationMs > SLOW_MS) counts.slow++;
  }

  const stop = bridge.observe((observation) => {
    if (observation.type === 'call_ended') count(observation);
  });
  return {
    within(windowMs) {
      const from = now() - windowMs;
      const sums = new Map<string, Counts>();
      for (const { at, routes } of slices)
        if (at + SLICE_MS > from)
          for (const counts of routes.values()) add(routeEntry(sums, counts.route, noCalls), counts);
      return [...sums.values()].map(({ route, ...counts }) => ({ ...route, ...counts }));
    },
    close: stop,
  };
}

function noCalls(route: Route): Counts {
  const results = { success: 0, failure: 0, processing: 0, unknown: 0, not_sent: 0 };
  return { route, calls: 0, results, codes: {}, poolsWithoutWorkers: new Set(), slow: 0 };
}

function add(sum: Counts, more: Omit<RouteOutcomes, keyof Route>): void {
  sum.calls += more.calls;
  sum.slow += more.slow;
  for (const result of Object.keys(more.results) as CallResult[]) sum.results[result] += more.results[result];
  for (const [code, count] of Object.entries(more.codes) as [BridgeErrorCode, number][])
    sum.codes[code] = (sum.codes[code] ?? 0) + count;
  for (const pool of more.poolsWithoutWorkers) sum.poolsWithoutWorkers.add(pool);
}

/** The same, of all connectors of an operation together. */
export function byOperation(routes: readonly RouteOutcomes[]): readonly Omit<RouteOutcomes, 'connector'>[] {
  const sums = new Map<string, Counts>();
  for (const { operation, connector: _, ...counts } of routes)
    add(routeEntry(sums, { operation, connector: '' }, noCalls), counts);
  return [...sums.values()].map(({ route: { operation }, ...counts }) => ({ operation, ...counts }));
}
