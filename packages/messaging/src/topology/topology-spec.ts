/** What should exist on the server, in plain units: durations in milliseconds, replicas as wished for. */

export type StreamSpec = {
  readonly name: string;
  readonly subjects?: readonly string[];
  readonly retention?: 'limits' | 'interest' | 'workqueue';
  readonly storage?: 'file' | 'memory';
  /** At most as many as the cluster has servers; 1 without a cluster. */
  readonly replicas?: number;
  /** -1: no limit. */
  readonly maxMsgs?: number;
  readonly maxAgeMs?: number;
  readonly maxMsgsPerSubject?: number;
  readonly duplicateWindowMs?: number;
  /** Lets any replica answer reads by subject. */
  readonly allowDirect?: boolean;
  /** Per-message time to live; left out where the server is older than 2.11. */
  readonly allowMsgTtl?: boolean;
  readonly denyDelete?: boolean;
  readonly denyPurge?: boolean;
  /** Stored messages are published again, after they were stored. */
  readonly republish?: { readonly from: string; readonly to: string };
  readonly description?: string;
};

export type ConsumerSpec = {
  readonly stream: string;
  readonly name: string;
  readonly filterSubject: string;
  readonly ackWaitMs: number;
  /** -1: for ever. */
  readonly maxDeliver: number;
  readonly maxAckPending?: number;
};

export type TopologySpec = {
  readonly streams: readonly StreamSpec[];
  readonly consumers: readonly ConsumerSpec[];
};

export type Difference = { readonly field: string; readonly have: unknown; readonly want: unknown };

/** `conflict`: the server has it otherwise and it cannot be changed in place; nothing was done. */
export type TopologyChange = {
  readonly kind: 'stream' | 'consumer';
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'conflict';
  readonly differences: readonly Difference[];
  /** Why something is not as wished for, e.g. fewer replicas. */
  readonly notes: readonly string[];
};
