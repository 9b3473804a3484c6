/** Metrics of operations on their way through the connector: how long, how they ended, how many now, what was retried. */
import type { Observation, Route } from '@nats-bridge/connector';
import type { BridgeErrorCode } from '@nats-bridge/protocol';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createBoundedLabel } from './bounded-label.js';
import { DURATION_BUCKETS } from './duration-buckets.js';

export type OperationMetrics = {
  readonly observe: (observation: Observation) => void;
  /** A call that the door refused before it reached the connector. */
  refused(route: Route, code: BridgeErrorCode): void;
};

/** Hyperswitch knows some 120 connectors; an installation uses a few. */
const MOST_CONNECTORS = 64;

/** Worst first: a folded label shows the worst of what it stands for. */
const BREAKER_VALUE = { closed: 0, half_open: 1, open: 2 } as const;

export function createOperationMetrics(register: Registry): OperationMetrics {
  const registers = [register];
  const route = ['operation', 'connector'] as const;
  const duration = new Histogram({
    name: 'nats_bridge_operation_duration_seconds',
    help: 'Time from the call of the connector to its outcome, by how it ended',
    labelNames: [...route, 'result'],
    buckets: [...DURATION_BUCKETS],
    registers,
  });
  const ended = new Counter({
    name: 'nats_bridge_operations_total',
    help: 'Calls that ended: success, failure (a decline), processing, unknown (may have happened), not_sent; the last two by error code',
    labelNames: [...route, 'result', 'code'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'nats_bridge_operations_in_flight',
    help: 'Calls that wait for their outcome',
    labelNames: route,
    registers,
  });
  const retried = new Counter({
    name: 'nats_bridge_operation_retries_total',
    help: 'Calls that were tried once more, by what the try before had ended with',
    labelNames: [...route, 'code'],
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

  const connectorLabel = createBoundedLabel(MOST_CONNECTORS);
  const labelsOf = ({ operation, connector }: Route): RouteLabels => ({
    operation,
    connector: connectorLabel(connector),
  });
  const rememberBreaker = ({ operation, connector }: Route, value: number) => {
    const key = `${operation} ${connector}`;
    // Closed ones that nobody saw open need no place: a caller may name any connector.
    if (value > 0 || connectorLabel(connector) === connector)
      breakerStates.set(key, { labels: labelsOf({ operation, connector }), value });
    else breakerStates.delete(key);
  };

  return {
    observe(observation) {
      const labels = labelsOf(observation);
      switch (observation.type) {
        case 'call_began':
          inFlight.inc(labels);
          if (!breakerStates.has(`${observation.operation} ${observation.connector}`))
            rememberBreaker(observation, BREAKER_VALUE.closed);
          break;
        case 'call_ended': {
          const { result, code = '', durationMs } = observation;
          inFlight.dec(labels);
          duration.observe({ result, ...labels }, durationMs / 1_000);
          ended.inc({ result, code, ...labels });
          break;
        }
        case 'call_retried':
          retried.inc({ ...labels, code: observation.code });
          break;
        case 'breaker_changed':
          if (observation.state === 'open') opened.inc(labels);
          rememberBreaker(observation, BREAKER_VALUE[observation.state]);
          break;
      }
    },
    refused(refusedRoute, code) {
      ended.inc({ ...labelsOf(refusedRoute), result: 'not_sent', code });
    },
  };
}

type RouteLabels = { readonly operation: string; readonly connector: string };
