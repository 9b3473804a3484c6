/** The worker SDK. */
export type { Handler, HandlerContext, HandlerResponse, Handlers } from './handler.js';
export { createWorker, type Worker, type WorkerOptions } from './worker.js';
export type { WorkerEvent } from './worker-event.js';
