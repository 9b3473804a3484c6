/** A simulated payment processor behind NATS Bridge. */
import { connectWorker, createWorker, type Worker, type WorkerOptions } from '@nats-bridge/worker';
import { allHandlers } from './handlers/all-handlers.js';
import type { Sandbox } from './sandbox.js';
import { createStore } from './store.js';

export { PENDING_REFUND_AMOUNT, TEST_AMOUNTS, TEST_CARDS, type TestCard } from './cards.js';
export { type SandboxEvent, signSandboxWebhook } from './handlers/webhooks.js';

export type SandboxOptions = Omit<WorkerOptions, 'handlers' | 'connection'> & {
  /** When "processing" becomes charged. Default 2 000. */
  readonly settleAfterMs?: number;
  /** How long the slow card takes. Default 5 000. */
  readonly slowMs?: number;
  /** Milliseconds since the epoch. Default Date.now; tests own it. */
  readonly now?: () => number;
  /** Ends the process. Default process.exit(1); tests own it. */
  readonly crash?: () => never;
};

/** A worker that answers every operation from memory that its replicas share in NATS. */
export function createSandboxWorker(options: SandboxOptions): Worker {
  const name = options.name ?? 'sandbox';
  const connection = connectWorker({ ...options, name });
  const sandbox: Sandbox = {
    store: createStore(connection),
    now: options.now ?? Date.now,
    settleAfterMs: options.settleAfterMs ?? 2_000,
    slowMs: options.slowMs ?? 5_000,
    crash: options.crash ?? (() => process.exit(1)),
  };
  const worker = createWorker({
    version: '0.1.0',
    ...options,
    name,
    connection,
    handlers: allHandlers(sandbox),
  });
  // The worker leaves a shared connection open; here it is the sandbox's own.
  const stop = async () => {
    await worker.stop();
    await connection.close();
  };
  return {
    start: worker.start,
    stop,
    async runUntilSignal() {
      await worker.runUntilSignal();
      await connection.close();
    },
    metrics: worker.metrics,
  };
}
