/** Any UCS, Juspay's Prism among them, as a worker behind NATS Bridge. */
import { createWorker, type Worker, type WorkerOptions } from '@nats-bridge/worker';
import { forwardTo } from './forward.js';
import type { UcsTarget } from './ucs-target.js';

export { createGrpcTarget, type GrpcTargetOptions } from './grpc/grpc-target.js';
export type { TargetOptions } from './grpc/target-address.js';
export type { PrismEnvironment } from './in-process/connector-config.js';
export { createInProcessTarget, type InProcessTargetOptions } from './in-process/in-process-target.js';
export { NativeLibraryError } from './in-process/native-library-error.js';
export type { UcsCall, UcsEnding, UcsTarget } from './ucs-target.js';

export type UcsWorkerOptions = Omit<WorkerOptions, 'handlers'> & {
  /** Closed when the worker has stopped. */
  readonly target: UcsTarget;
};

/** A worker that forwards every operation of the catalogue, webhooks included. */
export function createUcsWorker({ target, ...options }: UcsWorkerOptions): Worker {
  const worker = createWorker({
    version: '0.1.0',
    name: 'ucs',
    ...options,
    handlers: forwardTo(target),
  });
  return {
    start: worker.start,
    async stop() {
      await worker.stop();
      target.close();
    },
    async runUntilSignal() {
      await worker.runUntilSignal();
      target.close();
    },
    metrics: worker.metrics,
  };
}
