/** What a gateway sees at one look: figures of this moment, and what the last minutes were like. */
import type { BrokerFigures } from '@nats-bridge/connector';
import type { CertificateUse } from '../doors/certificate-ends.js';
import type { RouteOutcomes } from './recent-outcomes.js';

export type Sight = {
  readonly isConnected: boolean;
  /** Those in use, and how long they still hold; below 0 they have ended. */
  readonly certificates: readonly { readonly use: CertificateUse; readonly leftMs: number }[];
  /** What the broker said last; undefined before it has answered. */
  readonly figures: BrokerFigures | undefined;
  /** Calls that ended, by operation and connector. */
  readonly calls: {
    readonly last5Minutes: readonly RouteOutcomes[];
    readonly last15Minutes: readonly RouteOutcomes[];
  };
  /** Replies of the last 15 minutes that reached nobody. */
  readonly replies: { readonly late: number; readonly stray: number; readonly refused: number };
  /** Processes that answer now, and the most there were within the last 30 minutes, by what the broker said last. */
  readonly workers: readonly WorkerPresence[];
  /** Runs of handlers within the last 5 minutes, and those that ended with an exception. */
  readonly handlers: readonly HandlerRuns[];
  readonly breakers: readonly {
    readonly route: { readonly operation: string; readonly connector: string };
    readonly state: 'closed' | 'open' | 'half_open';
  }[];
};

export type WorkerPresence = {
  readonly worker: string;
  readonly operation: string;
  readonly alive: number;
  readonly most: number;
};

export type HandlerRuns = { readonly operation: string; readonly runs: number; readonly errors: number };
