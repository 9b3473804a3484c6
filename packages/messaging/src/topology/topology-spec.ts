/** What should exist on the server, in plain units: durations in milliseconds, sizes in bytes. */

/** A field left out is the server's default on creation, and is left as it is afterwards. */
export type StreamSpec = {
  readonly name: string;
  readonly description?: string;
  /** Left out for a stream that only has sources. */
  readonly subjects?: readonly string[];
  /** Default file. */
  readonly storage?: 'file' | 'memory';
  /** Default limits. */
  readonly retention?: 'limits' | 'interest' | 'workqueue';
  /** What happens at a limit: the oldest goes, or the newest is refused. */
  readonly discard?: 'old' | 'new';
  /** 0 for ever. */
  readonly maxAgeMs?: number;
  /** -1 for any number. */
  readonly maxMsgs?: number;
  readonly maxBytes?: number;
  readonly maxMsgsPerSubject?: number;
  readonly maxMsgSizeBytes?: number;
  readonly duplicateWindowMs?: number;
  /** Wanted; fewer are taken, and said, where the cluster has fewer servers. Default 1. */
  readonly replicas?: number;
  readonly allowDirect?: boolean;
  /** Per-message TTL: server 2.11 and later, else left out and said. */
  readonly allowMsgTtl?: boolean;
  readonly denyDelete?: boolean;
  readonly denyPurge?: boolean;
  readonly republish?: { readonly src: string; readonly dest: string; readonly headersOnly?: boolean };
  readonly sources?: readonly { readonly name: string; readonly filterSubject?: string }[];
  /** JetStream domain whose stream of the same name it copies, sequence by sequence; it then takes nothing else. */
  readonly mirrorOf?: string;
  /** Server 2.10 and later, else left out and said. */
  readonly metadata?: Readonly<Record<string, string>>;
};

/** A durable consumer with explicit acknowledgement. */
export type ConsumerSpec = {
  readonly stream: string;
  readonly name: string;
  readonly description?: string;
  /** Left out: every message. */
  readonly filterSubject?: string;
  /** Where a new consumer begins. Default `all`: nothing that lies in the stream is passed over. */
  readonly deliverPolicy?: 'all' | 'new';
  /** Default 30 000. */
  readonly ackWaitMs?: number;
  /** -1 for ever. */
  readonly maxDeliver?: number;
  readonly maxAckPending?: number;
  /** Readers say who comes first (ADR-42): server 2.12 and later, else left out and said. They must name the group. */
  readonly prioritized?: boolean;
  /** Makes it a push consumer, for workers that subscribe instead of pulling. */
  readonly push?: { readonly deliverSubject: string; readonly deliverGroup?: string };
};

/** A key-value or object store bucket. */
export type BucketSpec = {
  readonly name: string;
  readonly kind: 'kv' | 'object';
  readonly description?: string;
  /** Values kept per key, of a key-value bucket. Default 1. */
  readonly history?: number;
  /** 0 for ever. */
  readonly ttlMs?: number;
  readonly storage?: 'file' | 'memory';
  readonly replicas?: number;
  readonly maxBytes?: number;
  /** As of a stream. */
  readonly mirrorOf?: string;
};

export type TopologySpec = {
  readonly streams: readonly StreamSpec[];
  readonly consumers: readonly ConsumerSpec[];
  readonly buckets?: readonly BucketSpec[];
};

/** One field, under the server's own name, that is not as wanted. */
export type Difference = { readonly field: string; readonly have: unknown; readonly want: unknown };

/**
 * What was done, or with `dryRun` would be. `updated`: `differences` were changed. `conflict`: `differences`
 * remain, because changing them would lose messages or the server does not take them; whatever else differed
 * was changed all the same, and `notes` says what.
 */
export type TopologyChange = {
  readonly kind: 'stream' | 'consumer' | 'bucket';
  readonly name: string;
  /** The stream that it is, or is made of, or reads. */
  readonly stream: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'conflict';
  readonly differences: readonly Difference[];
  /** What is not as asked for and why, e.g. fewer replicas than wanted. */
  readonly notes: readonly string[];
};
