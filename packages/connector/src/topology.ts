/** The streams and consumers a configuration implies: the specification's PAYMENTS, and the records beside it. */

import type { ConsumerSpec, TopologySpec } from '@nats-bridge/messaging';
import {
  archiveOf,
  BODY_BUCKET,
  covers,
  LATE_PATTERN,
  LATE_STREAM,
  LOG_PATTERN,
  LOG_STREAM,
  MAX_LOG_BYTES,
  matches,
  NOTICE_CONSUMER,
  NOTICE_STREAM,
  OPERATIONS,
  paymentPattern,
  poolConsumer,
  RECORD_PATTERN,
  RECORD_STREAM,
  subjectPattern,
} from '@nats-bridge/protocol';
import { approvalStreams } from './approvals/topology.js';
import { type BridgeConfig, subjectTemplateOf } from './config/bridge-config.js';
import { durationMs } from './config/duration.js';
import { retentionOf } from './config/retention.js';
import { deadLetterStreams } from './dead-letters/topology.js';

/** A body is older than the letters and records that refer to it: by the time of its deliveries, and a person's look. */
const BODY_MARGIN_MS = 86_400_000;

export function consumerNameOf(config: BridgeConfig, operation: string, pool?: string): string {
  return `${poolConsumer(config.jetstream.consumer_name, pool)}-${operation}`;
}

/** Sources the stream of requests, which lets go of what can no longer be executed: history, replay and audit. */
export function archiveNameOf(config: BridgeConfig): string {
  return archiveOf(config.jetstream.stream_name);
}

type Reader = { readonly name: string; readonly filterSubject: string };

/** The consumers of the work stream that workers read: one for each operation of each pool. */
export function workConsumersOf(config: BridgeConfig): readonly Reader[] {
  const streamed = OPERATIONS.filter(({ channel }) => channel === 'payments');
  return [undefined, ...Object.keys(config.pools)].flatMap((pool) =>
    streamed.map(({ operation }) => ({
      name: consumerNameOf(config, operation, pool),
      filterSubject: subjectPattern(subjectTemplateOf(config, operation, pool)),
    })),
  );
}

/** Whether a consumer can have delivered a request of this subject. Of consumers that others made nothing is known. */
export function mayDeliver(config: BridgeConfig): (consumer: string, subject: string) => boolean {
  const filters = new Map(workConsumersOf(config).map(({ name, filterSubject }) => [name, filterSubject]));
  return (consumer, subject) => {
    const filter = filters.get(consumer);
    return filter === undefined || matches(filter, subject);
  };
}

export function topologyOf(config: BridgeConfig): TopologySpec {
  const { jetstream } = config;
  const kept = retentionOf(config);
  const readers = workConsumersOf(config);
  const patterns = readers.map(({ filterSubject }) => filterSubject);
  return {
    streams: [
      {
        name: jetstream.stream_name,
        subjects: streamSubjects(patterns),
        retention: 'limits',
        maxMsgs: jetstream.max_messages,
        maxAgeMs: kept.requests,
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
        duplicateWindowMs: durationMs(jetstream.duplicate_window),
        allowDirect: true,
        allowMsgTtl: true,
      },
      {
        name: archiveNameOf(config),
        sources: [{ name: jetstream.stream_name }],
        retention: 'limits',
        maxMsgs: jetstream.max_messages,
        maxAgeMs: kept.archive,
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
        allowDirect: true,
      },
      {
        name: RECORD_STREAM,
        subjects: [RECORD_PATTERN],
        retention: 'limits',
        // It has no limit but its age. Should somebody set one, no record goes for it: a repeat would be a new request.
        discard: 'new',
        maxMsgsPerSubject: 8,
        maxAgeMs: kept.ledger,
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
        duplicateWindowMs: durationMs(jetstream.duplicate_window),
        allowDirect: true,
      },
      {
        // As long as the records it speaks of: an event of the bridge is recognised by its note.
        name: LATE_STREAM,
        subjects: [LATE_PATTERN],
        retention: 'limits',
        maxMsgsPerSubject: 1,
        maxAgeMs: kept.ledger,
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
        allowDirect: true,
      },
      ...deadLetterStreams(config),
      ...logStreams(config),
      ...approvalStreams(config),
    ],
    buckets: [
      {
        name: BODY_BUCKET,
        kind: 'object',
        // Bodies larger than a message may be, for as long as anybody could ask for them.
        ttlMs: Math.max(kept.requests, kept.archive, kept.ledger) + BODY_MARGIN_MS,
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
      },
    ],
    consumers: [
      ...readers.map((reader) => ({
        ...reader,
        stream: jetstream.stream_name,
        ackWaitMs: jetstream.ack_wait,
        maxDeliver: jetstream.max_deliver,
        prioritized: jetstream.backup_workers,
      })),
      { stream: NOTICE_STREAM, name: NOTICE_CONSUMER, maxDeliver: -1 },
    ],
  };
}

/** Lines are no promise: by default they stay in memory, so that no payment waits for one to be written. */
function logStreams({ logging, jetstream }: BridgeConfig): TopologySpec['streams'] {
  if (!logging.nats) return [];
  return [
    {
      name: LOG_STREAM,
      subjects: [LOG_PATTERN],
      retention: 'limits',
      discard: 'old',
      maxAgeMs: durationMs(logging.max_age),
      maxBytes: logging.max_bytes,
      maxMsgSizeBytes: MAX_LOG_BYTES,
      storage: logging.storage,
      replicas: jetstream.num_replicas,
      allowDirect: true,
    },
  ];
}

/**
 * One consumer for all bridges, so that each note is in one hand at a time; made by the bridges that push. Notes that
 * come back later count as pending: at a low limit a pile of them would stop the consumer.
 */
export const LATE_CONSUMER: ConsumerSpec = {
  stream: LATE_STREAM,
  name: 'late-answers',
  ackWaitMs: 20_000,
  maxDeliver: -1,
  maxAckPending: 1_000_000,
};

/** `hyperswitch.payments.>` as specified, and only what configured subjects need besides. */
function streamSubjects(patterns: readonly string[]): string[] {
  const specified = paymentPattern();
  const others = patterns.filter((pattern) => !covers(specified, pattern));
  return [specified, ...new Set(others)];
}
