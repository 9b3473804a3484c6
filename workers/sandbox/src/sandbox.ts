/** What all handlers of the sandbox share: its memory, its clock, and how it would crash. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Refusal } from './payment.js';
import type { Store } from './store.js';

export type Sandbox = {
  readonly store: Store;
  readonly now: () => number;
  /** When "processing" becomes charged, in milliseconds. */
  readonly settleAfterMs: number;
  /** How long the slow card takes, in milliseconds. */
  readonly slowMs: number;
  /** Ends the process, as a crash would. */
  readonly crash: () => never;
};

export function refusal({ refused }: Refusal, status?: string): HandlerResponse {
  return { status: 'failure', error: refused, ...(status !== undefined && { attempt_status: status }) };
}
