/** Stripe behind NATS Bridge, through its official SDK. */
import { createWorker, type Worker, type WorkerOptions } from '@nats-bridge/worker';
import type { StripeSettings } from './call/stripe-call.js';
import { allHandlers } from './handlers/all-handlers.js';

export { RetryLater } from './call/retry-later.js';
export { STRIPE_API_VERSION, type StripeSettings } from './call/stripe-call.js';

export type StripeWorkerOptions = Omit<WorkerOptions, 'handlers'> & {
  /** How Stripe is reached. Keys are not among it: each request brings its own merchant's. */
  readonly stripe?: StripeSettings;
};

/** A worker for every operation that Stripe has. */
export function createStripeWorker({ stripe = {}, ...options }: StripeWorkerOptions): Worker {
  return createWorker({
    name: 'stripe',
    version: '0.1.0',
    ...options,
    handlers: allHandlers(stripe),
  });
}
