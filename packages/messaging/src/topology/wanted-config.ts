/** Translates a specification into the server's own configuration, leaving out what its version lacks. */
import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { PRIORITY_GROUP } from '../consume/priority-group.js';
import type { ServerFeatures } from './server-features.js';
import type { BucketSpec, ConsumerSpec, StreamSpec } from './topology-spec.js';

/** Only the fields that matter: what is left out is not compared. */
export type Wanted<Config> = { readonly config: Partial<Config>; readonly notes: readonly string[] };

export function wantedStream(spec: StreamSpec, features: ServerFeatures): Wanted<StreamConfig> {
  const notes: string[] = [];
  if (spec.allowMsgTtl && !features.perMessageTtl) {
    notes.push('no time to live per message: the server is older than 2.11');
  }
  if (spec.metadata !== undefined && !features.metadata) {
    notes.push('no metadata: the server is older than 2.10');
  }
  const { republish } = spec;
  const config: Partial<StreamConfig> = {
    name: spec.name,
    description: spec.description,
    subjects: spec.subjects && [...spec.subjects],
    storage: spec.storage ?? 'file',
    retention: spec.retention ?? 'limits',
    discard: spec.discard,
    max_age: inNanos(spec.maxAgeMs),
    max_msgs: spec.maxMsgs,
    max_bytes: spec.maxBytes,
    max_msgs_per_subject: spec.maxMsgsPerSubject,
    max_msg_size: spec.maxMsgSizeBytes,
    duplicate_window: inNanos(spec.duplicateWindowMs),
    num_replicas: spec.replicas ?? 1,
    allow_direct: spec.allowDirect,
    allow_msg_ttl: spec.allowMsgTtl && features.perMessageTtl ? true : undefined,
    deny_delete: spec.denyDelete,
    deny_purge: spec.denyPurge,
    republish: republish && { src: republish.src, dest: republish.dest, headers_only: republish.headersOnly },
    sources: spec.sources?.map(({ name, filterSubject }) => ({ name, filter_subject: filterSubject })),
    mirror: mirrorIn(spec.mirrorOf, spec.name),
    metadata: features.metadata && spec.metadata ? { ...spec.metadata } : undefined,
  };
  return { config: withoutUndefined(config), notes };
}

export function wantedConsumer(spec: ConsumerSpec, features: ServerFeatures): Wanted<ConsumerConfig> {
  const notes: string[] = [];
  const isPrioritized = spec.prioritized === true && features.prioritizedWorkers;
  if (spec.prioritized && !isPrioritized)
    notes.push('no priorities, and no backup workers: the server is older than 2.12');
  const config: Partial<ConsumerConfig> = {
    durable_name: spec.name,
    description: spec.description,
    ack_policy: 'explicit',
    deliver_policy: spec.deliverPolicy ?? 'all',
    filter_subject: spec.filterSubject,
    ack_wait: nanos(spec.ackWaitMs ?? 30_000),
    max_deliver: spec.maxDeliver,
    max_ack_pending: spec.maxAckPending,
    deliver_subject: spec.push?.deliverSubject,
    deliver_group: spec.push?.deliverGroup,
    priority_groups: isPrioritized ? [PRIORITY_GROUP] : undefined,
    priority_policy: isPrioritized ? 'prioritized' : undefined,
  };
  return { config: withoutUndefined(config), notes };
}

/** A bucket is a stream of a fixed shape: NATS ADR-8 (key-value) and ADR-20 (objects). */
export function wantedBucket(spec: BucketSpec): Wanted<StreamConfig> {
  const isKv = spec.kind === 'kv';
  const name = `${isKv ? 'KV' : 'OBJ'}_${spec.name}`;
  const subjects = isKv ? [`$KV.${spec.name}.>`] : [`$O.${spec.name}.C.>`, `$O.${spec.name}.M.>`];
  const config: Partial<StreamConfig> = {
    name,
    description: spec.description,
    subjects: spec.mirrorOf === undefined ? subjects : undefined,
    mirror: mirrorIn(spec.mirrorOf, name),
    storage: spec.storage ?? 'file',
    retention: 'limits',
    discard: 'new',
    max_age: inNanos(spec.ttlMs),
    max_bytes: spec.maxBytes,
    max_msgs_per_subject: isKv ? (spec.history ?? 1) : undefined,
    num_replicas: spec.replicas ?? 1,
    allow_rollup_hdrs: true,
    allow_direct: true,
  };
  return { config: withoutUndefined(config), notes: [] };
}

/** As the server says it back. */
function mirrorIn(domain: string | undefined, name: string): StreamConfig['mirror'] {
  return domain === undefined ? undefined : { name, external: { api: `$JS.${domain}.API`, deliver: '' } };
}

function inNanos(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : nanos(ms);
}

function withoutUndefined<T extends object>(config: T): T {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as T;
}
