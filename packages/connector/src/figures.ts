/** What the broker says of the bridge's streams, of their consumers and of the workers, read when somebody asks. */
import {
  type Connection,
  readServiceStatistics,
  readStreamFigures,
  type StreamFigures,
} from '@nats-bridge/messaging';
import { isOperation, type Operation } from '@nats-bridge/protocol';
import type { CountWaitingApprovals } from './approvals/waiting-approvals.js';
import type { BridgeConfig } from './config/bridge-config.js';
import { LATE_CONSUMER, topologyOf } from './topology.js';

export type BrokerFigures = {
  /** One round trip to the server, in milliseconds. */
  readonly rttMs: number;
  /** Streams of the topology. */
  readonly streams: readonly StreamFigures[];
  /** The consumers that the bridge itself makes. */
  readonly ownConsumers: ReadonlySet<string>;
  /** Workers of the SDK; others do not say how they are. */
  readonly workers: readonly WorkerFigures[];
  /** Actions that wait for a second person; undefined where none needs one, and while that cannot be read. */
  readonly approvalsWaiting: number | undefined;
};

/** One worker and one operation it answers. */
export type WorkerFigures = {
  /** As it was configured; several processes may share it. */
  readonly worker: string;
  /** Of the process. */
  readonly id: string;
  readonly operation: Operation;
  /** Requests it would take at once. */
  readonly capacity: number;
  /** Its share against the other workers; undefined for workers that do not say. */
  readonly weight: number | undefined;
  /** Above 0: a backup, given only what no worker of a lower number is there for. */
  readonly priority: number;
  /** Requests in its hand; undefined for workers that do not say. */
  readonly inFlight: number | undefined;
  /** Runs of its handlers since it started, and those that threw; undefined for workers that do not say. */
  readonly runs: number | undefined;
  readonly errors: number | undefined;
};

const WORKERS_WITHIN_MS = 500;

/** @throws when the server does not answer */
export async function readFigures(
  connection: Connection,
  config: BridgeConfig,
  countApprovals: CountWaitingApprovals,
): Promise<BrokerFigures> {
  const { streams, consumers } = topologyOf(config);
  const names = config.jetstream_enabled ? streams.map(({ name }) => name) : [];
  const [rttMs, figures, services, approvalsWaiting] = await Promise.all([
    connection.rttMs(),
    readStreamFigures(connection, names),
    readServiceStatistics(connection, WORKERS_WITHIN_MS),
    countApprovals().catch(() => undefined), // the stream may not be made yet
  ]);
  return {
    rttMs,
    streams: figures,
    approvalsWaiting,
    ownConsumers: new Set([...(consumers ?? []), LATE_CONSUMER].map(({ name }) => name)),
    workers: services.flatMap(({ name, id, metadata, endpoints }) => {
      const capacity = Number(metadata.capacity);
      if (metadata.operations === undefined || !Number.isFinite(capacity)) return []; // not one of ours
      const weight = countIn(metadata.weight);
      const priority = countIn(metadata.priority) ?? 0;
      return endpoints.flatMap(({ name: operation, requests: runs, errors, data }) =>
        isOperation(operation)
          ? [
              {
                worker: name,
                id,
                operation,
                capacity,
                weight,
                priority,
                inFlight: inFlightIn(data),
                runs,
                errors,
              },
            ]
          : [],
      );
    }),
  };
}

/** @returns undefined where it is none: anybody may say anything there */
function countIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function inFlightIn(data: unknown): number | undefined {
  const { in_flight } = (data ?? {}) as { in_flight?: unknown };
  return typeof in_flight === 'number' && in_flight >= 0 ? in_flight : undefined;
}
