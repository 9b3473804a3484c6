/** What a worker says of itself as a micro service: whoever lists services sees what it takes, and how much. */
import type { Operation } from '@nats-bridge/protocol';
import type { Balance } from '../balance.js';
import { sourceOf } from '../requests/request-source.js';
import type { WorkerOptions } from '../worker-options.js';
import type { ServiceDescription } from './micro-service.js';

export type DescribedWorker = {
  readonly id: string;
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly balance: Balance;
  readonly isJetStream: boolean;
  readonly consumerName: string;
  /** Runs of an operation's handler, now. */
  readonly inFlight: (operation: Operation) => number;
};

export function describeWorker(options: WorkerOptions, worker: DescribedWorker): ServiceDescription {
  const { operations, inFlight } = worker;
  const { concurrency, weight, priority } = worker.balance;
  return {
    name: worker.name.replaceAll(/[^A-Za-z0-9_-]/g, '-'),
    id: worker.id,
    version: options.version ?? '0.0.0',
    description: `NATS Bridge worker for ${operations.join(', ')}`,
    metadata: {
      operations: operations.join(','),
      capacity: String(concurrency),
      ...(weight !== undefined && { weight: String(weight) }),
      priority: String(priority),
      mode: worker.isJetStream ? 'jetstream' : 'core',
      encodings: 'application/json,application/msgpack',
    },
    endpoints: operations.map((operation) => ({
      name: operation,
      subject: sourceOf(operation, options).subject,
      queue: worker.consumerName,
      data: () => ({ in_flight: inFlight(operation) }),
    })),
  };
}
