/** All by which a worker is seen: metrics, log, spans, the micro service, and what its owner's listener hears. */
import { createLogging } from '@nats-bridge/logging';
import type { Connection } from '@nats-bridge/messaging';
import type { Operation } from '@nats-bridge/protocol';
import { createTracing, type Tracing } from '@nats-bridge/tracing';
import type { Handlers } from '../handler.js';
import { eventLine } from '../logging/event-line.js';
import { type MetricsServer, serveMetrics } from '../metrics/serve-metrics.js';
import { watchHandlers } from '../metrics/watched-handlers.js';
import { createWorkerMetrics } from '../metrics/worker-metrics.js';
import type { WorkerEvent } from '../worker-event.js';
import type { WorkerOptions } from '../worker-options.js';
import { failureOf } from './failure-of.js';
import { createMicroService, type MicroService, type ServiceDescription } from './micro-service.js';
import { createUnreadableConsumers } from './unreadable-consumers.js';

export type Telemetry = {
  /** The worker's, each run counted and timed. */
  readonly handlers: Handlers;
  readonly tracing: Tracing | undefined;
  /** Answers once it is started. */
  readonly service: MicroService;
  readonly report: (event: WorkerEvent) => void;
  /** Of a consumer or a subject; the same reason is told once, and counted each time. */
  cannotRead(consumer: string, error: unknown): void;
  canRead(consumer: string): void;
  /** Where the worker's options have a door for them. Idempotent. */
  serveMetrics(): Promise<MetricsServer | undefined>;
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
  /** Its last word is `stopped`. */
  close(): Promise<void>;
};

export type TelemetryWorld = {
  readonly connection: Connection;
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly concurrency: number;
  /** @param inFlight runs of an operation's handler, now */
  readonly describe: (inFlight: (operation: Operation) => number) => ServiceDescription;
};

export function createTelemetry(options: WorkerOptions, world: TelemetryWorld): Telemetry {
  const { connection, name, operations, concurrency } = world;
  const { logging: wanted, pool } = options;
  const logging = wanted && createLogging({ ...wanted, name });
  logging?.connect(connection);
  const { handlers, inFlight } = watchHandlers(options.handlers, (run) => metrics.ran(run));
  const metrics = createWorkerMetrics({
    connection,
    operations,
    concurrency,
    inFlight,
    logStats: () => logging?.stats(),
  });
  const tracing =
    options.tracing &&
    createTracing({
      ...options.tracing,
      serviceName: options.tracing.serviceName ?? name,
      onError: (error) => report({ type: 'traces_not_exported', error }),
    });
  const service = createMicroService(world.describe(inFlight));
  const unreadable = createUnreadableConsumers();
  let server: MetricsServer | undefined;

  function report(event: WorkerEvent): void {
    metrics.reported(event);
    logging?.log(eventLine(event));
    if (event.type === 'answered') service.record(event.operation, event.ms);
    if (event.type === 'handler_failed')
      // Whoever may ask a service how it is hears this: the kind of an error, whose message may hold anything.
      service.record(event.operation, 0, failureOf(event.error));
    try {
      options.onEvent?.(event);
    } catch (error) {
      // It belongs to who wrote the listener, and must not come between an answer and its acknowledgement.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  return {
    handlers,
    tracing,
    service,
    report,
    cannotRead(consumer, error) {
      metrics.consumerFailed();
      if (unreadable.failed(consumer, error)) report({ type: 'consumer_unavailable', consumer, pool, error });
    },
    canRead: (consumer) => unreadable.read(consumer),
    async serveMetrics() {
      if (options.metrics !== undefined) server ??= await serveMetrics(options.metrics, metrics);
      return server;
    },
    metrics: () => metrics.text(),
    async close() {
      await server?.close();
      metrics.close();
      await tracing?.close();
      report({ type: 'stopped' });
      await logging?.close();
    },
  };
}
