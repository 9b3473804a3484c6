/** The worker as a NATS micro service (ADR-32), so that `nats micro ls`, `info` and `stats` show it. */
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';

export type ServiceDescription = {
  /** Letters, digits, `-` and `_`. */
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly endpoints: readonly {
    readonly name: string;
    readonly subject: string;
    readonly queue: string;
    /** What its statistics say besides those of ADR-32. */
    readonly data: () => object;
  }[];
};

export type MicroService = {
  /** Answers from now on. */
  start(nats: NatsConnection): void;
  /** Counts one request of an endpoint. */
  record(endpoint: string, ms: number, error?: string): void;
  stop(): void;
};

type Stats = { requests: number; errors: number; nanoseconds: number; lastError: string };

export function createMicroService(service: ServiceDescription): MicroService {
  let started = '';
  const stats = new Map<string, Stats>(
    service.endpoints.map(({ name }) => [name, { requests: 0, errors: 0, nanoseconds: 0, lastError: '' }]),
  );
  const identity = {
    name: service.name,
    id: service.id,
    version: service.version,
    metadata: service.metadata,
  };

  const answers: Record<string, () => object> = {
    PING: () => ({ type: 'io.nats.micro.v1.ping_response', ...identity }),
    INFO: () => ({
      type: 'io.nats.micro.v1.info_response',
      ...identity,
      description: service.description,
      endpoints: service.endpoints.map(({ name, subject, queue }) => ({
        name,
        subject,
        queue_group: queue,
        metadata: {},
      })),
    }),
    STATS: () => ({
      type: 'io.nats.micro.v1.stats_response',
      ...identity,
      started,
      endpoints: service.endpoints.map((endpoint) => endpointStats(endpoint, stats.get(endpoint.name))),
    }),
  };

  const subscriptions: Subscription[] = [];

  return {
    start(nats) {
      started = new Date().toISOString();
      for (const [verb, answer] of Object.entries(answers))
        for (const subject of [
          `$SRV.${verb}`,
          `$SRV.${verb}.${service.name}`,
          `$SRV.${verb}.${service.name}.${service.id}`,
        ])
          subscriptions.push(
            nats.subscribe(subject, {
              // Whoever may not be asked how it is, works all the same.
              callback(error, message) {
                if (error === null) respond(message, answer());
              },
            }),
          );
    },
    record(endpoint, ms, error) {
      const entry = stats.get(endpoint);
      if (entry === undefined) return;
      entry.requests++;
      entry.nanoseconds += ms * 1_000_000;
      if (error === undefined) return;
      entry.errors++;
      entry.lastError = error;
    },
    stop() {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}

function endpointStats(endpoint: ServiceDescription['endpoints'][number], stats: Stats | undefined) {
  const { requests = 0, errors = 0, nanoseconds = 0, lastError = '' } = stats ?? {};
  return {
    name: endpoint.name,
    subject: endpoint.subject,
    queue_group: endpoint.queue,
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: nanoseconds,
    data: endpoint.data(),
    average_processing_time: requests === 0 ? 0 : Math.round(nanoseconds / requests),
  };
}

function respond(message: Msg, answer: object): void {
  if (message.reply) message.respond(JSON.stringify(answer));
}
