/** What a worker is made of: its connection, its handlers, how much it takes, and how it is seen. */
import type { LevelSettings, LineStyle } from '@nats-bridge/logging';
import type { Connection } from '@nats-bridge/messaging';
import type { Operation } from '@nats-bridge/protocol';
import type { TracingOptions } from '@nats-bridge/tracing';
import type { WorkerAccess } from './connect-worker.js';
import type { Handlers } from './handler.js';
import type { MetricsDoor } from './metrics/serve-metrics.js';
import type { SealingOptions } from './sealing/sealing.js';
import type { SigningOptions } from './sealing/signing.js';
import type { WorkerEvent } from './worker-event.js';

export type WorkerOptions = WorkerAccess & {
  /** A connection to share; the worker then leaves it open. */
  readonly connection?: Connection;
  /** How it shows itself, to the server and as a micro service. Default `nats-bridge-worker`. */
  readonly name?: string;
  /** Semantic version. Default `0.0.0`. */
  readonly version?: string;
  readonly handlers: Handlers;
  /** Requests handled at once, per operation. Default 64. */
  readonly concurrency?: number;
  /**
   * Its share against the other workers: one of weight 3 is given three times as many requests as one of weight 1,
   * while both have room. Requests for messages kept open per operation, 1 to 16 and at most `concurrency`. For every
   * worker of an operation or for none. Default: none, one to three requests as its load has it.
   */
  readonly weight?: number;
  /**
   * 0 (default) comes first, to 9. A worker of a higher number is a backup: it is given a request only where no worker
   * of a lower one is there with room for it. Above 0 it needs `nats_bridge.jetstream.backup_workers`.
   */
  readonly priority?: number;
  /** false: plain queue subscriptions (`jetstream_enabled = false`). Default true. */
  readonly jetstream?: boolean;
  /** Keys with which requests are opened and replies sealed. Default: none, everything travels in clear. */
  readonly sealing?: SealingOptions;
  /** Keys with which it is seen who sent a request, and replies are signed. Default: none, whoever can publish is believed. */
  readonly signing?: SigningOptions;
  /** Default `PAYMENTS` (specification). */
  readonly streamName?: string;
  /** Durable consumers are `{consumerName}-{operation}`. Default `hyperswitch-consumer` (specification). */
  readonly consumerName?: string;
  /** Takes the requests of the merchants in this pool of `[nats_bridge.pools]`. Default: all that no pool has. */
  readonly pool?: string;
  /** As in `[nats_bridge.subjects]`. */
  readonly subjects?: Partial<Record<Operation, string>>;
  /**
   * Takes the consumers' ack wait to be no longer than this, in milliseconds. Default: what each consumer says
   * itself; only to be set for a worker that may not ask.
   */
  readonly ackWaitMs?: number;
  /** How long a stop waits for running handlers, in milliseconds. Default 25 000: below Kubernetes' 30 s. */
  readonly drainTimeoutMs?: number;
  readonly onEvent?: (event: WorkerEvent) => void;
  /** Serves `/metrics` for Prometheus at this port; left out, nothing is served and `metrics()` still tells. */
  readonly metrics?: MetricsDoor;
  /**
   * Logs what it reports over NATS, where `nats-bridge logs` finds it, and with `lines` on standard error. Left out:
   * nothing is logged, and `onEvent` still tells.
   */
  readonly logging?: WorkerLogging;
  /** Exports spans of what it handles; left out, nothing is traced. `serviceName` is its name unless told otherwise. */
  readonly tracing?: Pick<TracingOptions, 'endpoint' | 'sampleRatio'> & { readonly serviceName?: string };
};

export type WorkerLogging = Pick<LevelSettings, 'level'> & {
  /** false: nothing is published. Default true. */
  readonly nats?: boolean;
  /** What is written to standard error: `json`, `readable`, `none`. Default `none`. */
  readonly lines?: LineStyle;
};
