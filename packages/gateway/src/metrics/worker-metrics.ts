/** Metrics of the workers of the SDK, by what each says of itself. */
import type { BrokerFigures } from '@nats-bridge/connector';
import type { Registry } from 'prom-client';
import { createBoundedLabel } from './bounded-label.js';
import { createGauges } from './gauges.js';

export type WorkerMetrics = {
  show(workers: BrokerFigures['workers']): void;
  /** Nothing is known now. */
  reset(): void;
};

const MOST_WORKERS = 64;

export function createWorkerMetrics(register: Registry): WorkerMetrics {
  const gauge = createGauges(register);

  const worker = ['worker', 'operation'] as const;
  const alive = gauge(
    'nats_bridge_workers',
    'Processes of the worker SDK that answer; 0 once all of a known name are gone',
    worker,
  );
  const load = gauge(
    'nats_bridge_worker_requests_in_flight',
    'Requests in the hands of these workers',
    worker,
  );
  const capacity = gauge('nats_bridge_worker_capacity', 'Requests they would take at once', worker);

  const weight = gauge(
    'nats_bridge_worker_weight',
    'Their share against other workers, of those that were given one',
    worker,
  );
  const backups = gauge(
    'nats_bridge_backup_workers',
    'How many of nats_bridge_workers are backups, with a priority above 0',
    worker,
  );

  const all = [alive, load, capacity, weight, backups];
  const workerLabel = createBoundedLabel(MOST_WORKERS);
  const knownWorkers = new Map<string, { readonly worker: string; readonly operation: string }>();

  return {
    show(workers) {
      for (const { worker: name, operation } of workers) {
        const labels = { worker: workerLabel(name), operation };
        knownWorkers.set(`${labels.worker} ${operation}`, labels);
      }
      for (const labels of knownWorkers.values()) alive.set(labels, 0);
      for (const { worker: name, operation, ...figures } of workers) {
        const labels = { worker: workerLabel(name), operation };
        alive.inc(labels);
        capacity.inc(labels, figures.capacity);
        if (figures.weight !== undefined) weight.inc(labels, figures.weight);
        backups.inc(labels, Number(figures.priority > 0));
        if (figures.inFlight !== undefined) load.inc(labels, figures.inFlight);
      }
    },
    reset() {
      for (const metric of all) metric.reset();
    },
  };
}
