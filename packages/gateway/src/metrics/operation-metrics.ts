/** Metrics of operations on their way through the connector: how long, how they ended, how many now, what was retried. */
import type { CallResult, Observation, Route } from '@nats-bridge/connector';
import { createDurationHistogram } from '@nats-bridge/metrics';
import type { BridgeErrorCode } from '@nats-bridge/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';
import { createRouteTallies, endingOf, type RouteLabels, type RouteTally } from './route-tallies.js';

export type OperationMetrics = {
  readonly observe: (observation: Observation) => void;
};

/** Worst first: a folded label shows the worst of what it stands for. */
const BREAKER_VALUE = { closed: 0, half_open: 1, open: 2 } as const;

export function createOperationMetrics(register: Registry): OperationMetrics {
  const registers = [register];
  const route = ['operation', 'connector'] as const;
  const tallies = createRouteTallies();
  const duration = createDurationHistogram(register, {
    name: 'nats_bridge_operation_duration_seconds',
    help: 'Time from the call of the connector to its outcome, by how it ended',
  });
  new Counter({
    name: 'nats_bridge_operations_total',
    help: 'Calls that ended: success, failure (a decline), processing, unknown (may have happened), not_sent; the last two by error code',
    labelNames: [...route, 'result', 'code'],
    registers,
    collect() {
      this.reset();
      for (const { labels, endings } of tallies.all())
        for (const { result, code, count } of endings) this.inc({ ...labels, result, code }, count);
    },
  });
  new Gauge({
    name: 'nats_bridge_operations_in_flight',
    help: 'Calls that wait for their outcome',
    labelNames: route,
    registers,
    collect() {
      for (const { labels, inFlight } of tallies.all()) this.set(labels, inFlight);
    },
  });
  const retried = new Counter({
    name: 'nats_bridge_operation_retries_total',
    help: 'Calls that were tried once more, by what the try before had ended with',
    labelNames: [...route, 'code'],
    registers,
  });
  const withoutWorkers = new Counter({
    name: 'nats_bridge_calls_without_workers_total',
    help: 'Calls that ended as NO_WORKERS_AVAILABLE, by the pool in which nobody took them, empty for the workers of none; one counts in each pool of its route',
    labelNames: ['operation', 'pool'],
    registers,
  });
  const opened = new Counter({
    name: 'nats_bridge_circuit_breaker_opened_total',
    help: 'Times a circuit breaker opened',
    labelNames: route,
    registers,
  });
  const breakerStates = new Map<string, { readonly labels: RouteLabels; readonly value: number }>();
  new Gauge({
    name: 'nats_bridge_circuit_breaker_state',
    help: 'Circuit breaker of a route: 0 closed, 1 half open (one call probes), 2 open',
    labelNames: route,
    registers,
    collect() {
      this.reset();
      const worst = new Map<string, { readonly labels: RouteLabels; value: number }>();
      for (const { labels, value } of breakerStates.values()) {
        const key = `${labels.operation} ${labels.connector}`;
        const shown = worst.get(key) ?? { labels, value };
        shown.value = Math.max(shown.value, value);
        worst.set(key, shown);
      }
      for (const { labels, value } of worst.values()) this.set(labels, value);
    },
  });

  const rememberBreaker = ({ operation, connector }: Route, value: number) => {
    const key = `${operation} ${connector}`;
    const { labels } = tallies.of({ operation, connector });
    // Closed ones that nobody saw open need no place: a caller may name any connector.
    if (value > 0 || labels.connector === connector) breakerStates.set(key, { labels, value });
    else breakerStates.delete(key);
  };
  const showClosed = (seen: Route) => {
    if (!breakerStates.has(`${seen.operation} ${seen.connector}`))
      rememberBreaker(seen, BREAKER_VALUE.closed);
  };
  const count = (tally: RouteTally, result: CallResult, code: BridgeErrorCode | '', durationMs: number) => {
    endingOf(tally, result, code).count += 1;
    tally.durations[result] ??= duration.series({ result, ...tally.labels });
    tally.durations[result].observe(durationMs);
  };

  return {
    observe(observation) {
      const tally = tallies.of(observation);
      switch (observation.type) {
        case 'call_began':
          if (tally.begun === 0) showClosed(observation);
          tally.begun += 1;
          tally.inFlight += 1;
          break;
        case 'call_ended':
          tally.inFlight -= 1;
          count(tally, observation.result, observation.code ?? '', observation.durationMs);
          for (const pool of observation.pools ?? [])
            withoutWorkers.inc({ operation: observation.operation, pool: pool ?? '' });
          break;
        case 'call_retried':
          retried.inc({ ...tally.labels, code: observation.code });
          break;
        case 'breaker_changed':
          if (observation.state === 'open') opened.inc(tally.labels);
          rememberBreaker(observation, BREAKER_VALUE[observation.state]);
          break;
      }
    },
  };
}
