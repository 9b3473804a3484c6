/** What a worker shows of itself, in Prometheus's text format. No label holds an id of a merchant or a payment. */
import type { LogStats } from '@nats-bridge/logging';
import type { Connection } from '@nats-bridge/messaging';
import type { Operation } from '@nats-bridge/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { WorkerEvent } from '../worker-event.js';
import type { HandlerRun } from './watched-handlers.js';

export type WorkerMetrics = {
  readonly contentType: string;
  ran(run: HandlerRun): void;
  reported(event: WorkerEvent): void;
  text(): Promise<string>;
  close(): void;
};

export type WorkerMetricsWorld = {
  readonly connection: Pick<Connection, 'state' | 'onState'>;
  readonly operations: readonly Operation[];
  readonly concurrency: number;
  /** Of a handler, now. */
  inFlight(operation: Operation): number;
  /** undefined where nothing is logged. */
  logStats(): LogStats | undefined;
};

/** As the bridge's, so that both can be laid over each other. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];
/** Events that are the end of a delivery, and no more. */
const ENDINGS = [
  'answered',
  'handler_failed',
  'expired',
  'dropped',
  'resent',
  'conflict',
  'superseded',
  'malformed',
  'overloaded',
  'reply_failed',
] as const;
const STATES: readonly Connection['state'][] = [
  'idle',
  'connecting',
  'connected',
  'disconnected',
  'reconnecting',
  'draining',
  'closed',
];

export function createWorkerMetrics(world: WorkerMetricsWorld): WorkerMetrics {
  const register = new Registry();
  const registers = [register];
  const labelNames = ['operation'] as const;
  const perOperation = (name: string, help: string, read: (operation: Operation) => number) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const operation of world.operations) this.set({ operation }, read(operation));
      },
    });

  const duration = new Histogram({
    name: 'messaging_process_duration_seconds',
    help: 'Time a handler took, by what it answered; error: it threw (OpenTelemetry messaging.process.duration)',
    labelNames: ['messaging_system', 'operation', 'result'],
    buckets: BUCKETS,
    registers,
  });
  const deliveries = new Counter({
    name: 'nats_bridge_worker_deliveries_total',
    help: 'Deliveries of requests, by how each ended: answered, handler_failed, or one of those where nothing was run',
    labelNames: ['operation', 'ending'],
    registers,
  });
  const redeliveries = new Counter({
    name: 'nats_bridge_worker_redeliveries_total',
    help: 'Runs of a handler for a request that had been begun before',
    labelNames,
    registers,
  });
  const consumerErrors = new Counter({
    name: 'nats_bridge_worker_consumer_errors_total',
    help: 'Failures to read a consumer or a subscription; each is tried again',
    registers,
  });
  perOperation('nats_bridge_worker_handlers_in_flight', 'Handlers that run', world.inFlight);
  perOperation('nats_bridge_worker_concurrency', 'Handlers that would run at once', () => world.concurrency);
  new Gauge({
    name: 'nats_bridge_worker_connection_state',
    help: 'State of the NATS connection: 1 for the one it is in',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of STATES) this.set({ state }, Number(state === world.connection.state));
    },
  });
  const reconnects = new Counter({
    name: 'nats_bridge_worker_connection_reconnects_total',
    help: 'Times the NATS connection came back',
    registers,
  });
  new Counter({
    name: 'nats_bridge_worker_log_entries_dropped_total',
    help: 'Lines of its log that were dropped: NATS was away or refused them, or the reader of standard error was too slow',
    registers,
    collect() {
      this.reset();
      this.inc(world.logStats()?.dropped ?? 0);
    },
  });
  let wasLost = false;
  const stopListening = world.connection.onState(({ state }) => {
    if (state === 'disconnected') wasLost = true;
    if (state !== 'connected' || !wasLost) return;
    wasLost = false;
    reconnects.inc();
  });
  let showsProcess = false;

  return {
    contentType: register.contentType,
    ran({ operation, attempt, result, durationMs }) {
      duration.observe({ messaging_system: 'nats', operation, result }, durationMs / 1_000);
      if (attempt > 1) redeliveries.inc({ operation });
    },
    reported(event) {
      if (event.type === 'consumer_unavailable') return consumerErrors.inc();
      const ending = ENDINGS.find((type) => type === event.type);
      if (ending === undefined) return;
      // What could not be read names none.
      const { operation = '' } = event as { readonly operation?: Operation };
      deliveries.inc({ operation, ending });
    },
    async text() {
      // Watching Node's garbage collector and event loop costs a little: only where somebody looks.
      if (!showsProcess) collectDefaultMetrics({ register });
      showsProcess = true;
      return register.metrics();
    },
    close: () => stopListening(),
  };
}
