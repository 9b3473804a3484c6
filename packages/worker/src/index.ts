/** The worker SDK. */

/** A worker: its options, its handlers, and what it reports. */

export { LAST_PRIORITY, MOST_WEIGHT } from './balance.js';
export type { Handler, HandlerContext, HandlerResponse, Handlers } from './handler.js';
export type { MetricsDoor } from './metrics/serve-metrics.js';
export type { SealingOptions } from './sealing/sealing.js';
export type { SigningOptions } from './sealing/signing.js';
export { createWorker, type Worker } from './worker.js';
export type { DeliveryIds, WorkerEvent } from './worker-event.js';
export type { WorkerLogging, WorkerOptions } from './worker-options.js';

/** What handlers are given, and what they answer. */

export type { BridgeRequest, BridgeResponse, Operation } from '@nats-bridge/protocol';

/** A connection of one's own, which workers and bridges of a program may share, and why there is none. */

export {
  type Connection,
  type ConnectionOptions,
  createConnection,
  NotConnectedError,
  PlaintextRefusedError,
} from '@nats-bridge/messaging';
export { connectWorker, type WorkerAccess } from './connect-worker.js';
