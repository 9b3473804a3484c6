/** The worker SDK. */

export { LAST_PRIORITY, MOST_WEIGHT } from './balance.js';
export { connectWorker, type WorkerAccess } from './connect-worker.js';
export type { Handler, HandlerContext, HandlerResponse, Handlers } from './handler.js';
export type { MetricsDoor } from './metrics/serve-metrics.js';
export type { SealingOptions } from './sealing.js';
export type { SigningOptions } from './signing.js';
export { createWorker, type Worker, type WorkerLogging, type WorkerOptions } from './worker.js';
export type { DeliveryIds, WorkerEvent } from './worker-event.js';
