/** Metrics of what the broker says of itself: the connection, streams, workers, and what waits for a second person. */
import type { BrokerFigures } from '@nats-bridge/connector';
import type { Registry } from 'prom-client';
import { createGauges } from './gauges.js';
import { createStreamMetrics } from './stream-metrics.js';
import { createWorkerMetrics } from './worker-metrics.js';

/** Takes what was read last; undefined when the broker could not be asked: then there are no figures, not old ones. */
export type ShowFigures = (figures: BrokerFigures | undefined) => void;

export function createBrokerMetrics(register: Registry): ShowFigures {
  const gauge = createGauges(register);
  const up = gauge(
    'nats_bridge_broker_up',
    'Whether NATS answered in time when it was asked for its figures',
  );
  const rtt = gauge('nats_bridge_connection_rtt_seconds', 'Round trip to the NATS server');
  const streams = createStreamMetrics(register);
  const approvals = gauge(
    'nats_bridge_approvals_waiting',
    'Actions that wait for a second person; absent where none needs one',
  );
  const workers = createWorkerMetrics(register);

  return (figures) => {
    streams.reset();
    workers.reset();
    // Reset, a gauge without labels would say 0.
    rtt.remove();
    approvals.remove();
    up.set(Number(figures !== undefined));
    if (figures === undefined) return;
    rtt.set(figures.rttMs / 1_000);
    if (figures.approvalsWaiting !== undefined) approvals.set(figures.approvalsWaiting);
    streams.show(figures);
    workers.show(figures.workers);
  };
}
