/** How the circuit of each route stood at any instant of late, as far as this gateway saw it. */
import type { NatsBridge, Route } from '@nats-bridge/connector';

export type CircuitState = 'closed' | 'open' | 'half_open';
export type CircuitChange = { readonly at: number; readonly state: CircuitState };

/** Times are milliseconds since the epoch, by this gateway's clock. */
export type CircuitHistory = {
  /** undefined where too much has happened since. */
  stateAt(route: Route, at: number): CircuitState | undefined;
  /** After `from`, until `to`; oldest first. */
  changes(route: Route, from: number, to: number): readonly CircuitChange[];
  close(): void;
};

/** Of all routes together: less than a megabyte. */
const MOST_CHANGES = 5_000;

export function createCircuitHistory(
  bridge: Pick<NatsBridge, 'observe'>,
  { now = Date.now, mostChanges = MOST_CHANGES } = {},
): CircuitHistory {
  const changes: (CircuitChange & { readonly route: string })[] = [];
  let hasForgotten = false;
  const stop = bridge.observe((observation) => {
    if (observation.type !== 'breaker_changed') return;
    changes.push({ at: now(), state: observation.state, route: nameOf(observation) });
    const oldest = changes.length > mostChanges ? changes.shift() : undefined;
    if (oldest !== undefined) hasForgotten = true;
  });
  return {
    stateAt(route, at) {
      const name = nameOf(route);
      const last = changes.findLast((change) => change.route === name && change.at <= at);
      // A circuit begins closed, unless what it became may have been forgotten.
      return last?.state ?? (hasForgotten ? undefined : 'closed');
    },
    changes: (route, from, to) => {
      const name = nameOf(route);
      return changes.filter((change) => change.route === name && change.at > from && change.at <= to);
    },
    close: stop,
  };
}

function nameOf({ operation, connector }: Route): string {
  return `${operation}\n${connector}`;
}
