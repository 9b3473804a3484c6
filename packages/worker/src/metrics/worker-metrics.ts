/** What a worker shows of itself, in Prometheus's text format. No label holds an id of a merchant or a payment. */
import type { LogStats } from '@nats-bridge/logging';
import type { Connection } from '@nats-bridge/messaging';
import { createDurationHistogram, type Durations } from '@nats-bridge/metrics';
import type { Operation } from '@nats-bridge/protocol';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { WorkerEvent } from '../worker-event.js';
import type { HandlerRun } from './watched-handlers.js';

export type WorkerMetrics = {
  readonly contentType: string;
  ran(run: HandlerRun): void;
  reported(event: WorkerEvent): void;
  /** Also where the event is not told again. */
  consumerFailed(): void;
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
type Ending = (typeof ENDINGS)[number];
const STATES: readonly Connection['state'][] = [
  'idle',
  'connecting',
  'connected',
  'disconnected',
  'reconnecting',
  'draining',
  'closed',
];

/** What a delivery only adds to; labels are made when Prometheus asks. */
type Tally = {
  /** How deliveries ended. */
  readonly endings: Partial<Record<Ending, number>>;
  /** Of the handler, by what it answered. */
  readonly durations: Partial<Record<HandlerRun['result'], Durations>>;
  redeliveries: number;
};

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

  const tallies = new Map<Operation | '', Tally>();
  function tallyOf(operation: Operation | ''): Tally {
    let tally = tallies.get(operation);
    if (tally === undefined) {
      tally = { endings: {}, durations: {}, redeliveries: 0 };
      tallies.set(operation, tally);
    }
    return tally;
  }
  const duration = createDurationHistogram(register, {
    name: 'messaging_process_duration_seconds',
    help: 'Time a handler took, by what it answered; error: it threw (OpenTelemetry messaging.process.duration)',
  });
  new Counter({
    name: 'nats_bridge_worker_deliveries_total',
    help: 'Deliveries of requests, by how each ended: answered, handler_failed, or one of those where nothing was run',
    labelNames: ['operation', 'ending'],
    registers,
    collect() {
      this.reset();
      for (const [operation, { endings }] of tallies)
        for (const [ending, count] of Object.entries(endings)) this.inc({ operation, ending }, count);
    },
  });
  new Counter({
    name: 'nats_bridge_worker_redeliveries_total',
    help: 'Runs of a handler for a request that had been begun before',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const [operation, { redeliveries }] of tallies)
        if (redeliveries > 0) this.inc({ operation }, redeliveries);
    },
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
      const tally = tallyOf(operation);
      tally.durations[result] ??= duration.series({ messaging_system: 'nats', operation, result });
      tally.durations[result].observe(durationMs);
      if (attempt > 1) tally.redeliveries += 1;
    },
    reported(event) {
      const ending = ENDINGS.find((type) => type === event.type);
      if (ending === undefined) return;
      // What could not be read names none.
      const { operation = '' } = event as { readonly operation?: Operation };
      const { endings } = tallyOf(operation);
      endings[ending] = (endings[ending] ?? 0) + 1;
    },
    consumerFailed: () => consumerErrors.inc(),
    async text() {
      // Watching Node's garbage collector and event loop costs a little: only where somebody looks.
      if (!showsProcess) collectDefaultMetrics({ register });
      showsProcess = true;
      return register.metrics();
    },
    close: () => stopListening(),
  };
}
