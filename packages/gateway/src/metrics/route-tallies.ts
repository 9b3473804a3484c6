/** What is counted of calls by route, so that a call only adds to it: labels are looked up when Prometheus asks. */
import type { CallResult, Route } from '@nats-bridge/connector';
import type { Durations } from '@nats-bridge/metrics';
import type { BridgeErrorCode } from '@nats-bridge/protocol';
import { createBoundedLabel } from './bounded-label.js';

export type RouteLabels = { readonly operation: string; readonly connector: string };

export type Ending = {
  readonly result: CallResult;
  readonly code: BridgeErrorCode | '';
  count: number;
};

export type RouteTally = {
  readonly labels: RouteLabels;
  /** A handful. */
  readonly endings: Ending[];
  readonly durations: Partial<Record<CallResult, Durations>>;
  begun: number;
  inFlight: number;
};

export type RouteTallies = {
  /** Those of a route, made where there are none; routes beyond the bound of labels share one. */
  of(route: Route): RouteTally;
  all(): readonly RouteTally[];
};

/** Hyperswitch knows some 120 connectors; an installation uses a few. */
const MOST_CONNECTORS = 64;

export function createRouteTallies(): RouteTallies {
  const byOperation = new Map<string, Map<string, RouteTally>>();
  const connectorLabel = createBoundedLabel(MOST_CONNECTORS);
  return {
    of(route) {
      const { operation } = route;
      const connector = connectorLabel(route.connector);
      const known = byOperation.get(operation)?.get(connector);
      if (known !== undefined) return known;
      const tally: RouteTally = {
        labels: { operation, connector },
        endings: [],
        durations: {},
        begun: 0,
        inFlight: 0,
      };
      const routes = byOperation.get(operation) ?? new Map<string, RouteTally>();
      byOperation.set(operation, routes.set(connector, tally));
      return tally;
    },
    all: () => [...byOperation.values()].flatMap((routes) => [...routes.values()]),
  };
}

/** Its entry, made where there is none. */
export function endingOf({ endings }: RouteTally, result: CallResult, code: BridgeErrorCode | ''): Ending {
  for (const ending of endings) if (ending.result === result && ending.code === code) return ending;
  const made: Ending = { result, code, count: 0 };
  endings.push(made);
  return made;
}
