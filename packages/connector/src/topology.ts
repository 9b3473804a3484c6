/** The streams and consumers a configuration implies: the specification's PAYMENTS, and the records beside it. */

import type { ConsumerSpec, TopologySpec } from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  LATE_PATTERN,
  LATE_STREAM,
  OPERATIONS,
  RECORD_PATTERN,
  RECORD_STREAM,
  subjectPattern,
} from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf } from './config/bridge-config.js';
import { durationMs } from './config/duration.js';
import { deadLetterStreams, NOTICE_CONSUMER, NOTICE_STREAM } from './dead-letters/topology.js';

/** Bodies larger than a message may be lie here for as long as anybody could ask for them. */
const BODY_RETENTION_MS = 86_400_000;

export function consumerNameOf(config: BridgeConfig, operation: string): string {
  return `${config.jetstream.consumer_name}-${operation}`;
}

/** Sources the stream of requests, which lets go of what can no longer be executed: history, replay and audit. */
export function archiveNameOf(config: BridgeConfig): string {
  return `${config.jetstream.stream_name}_ARCHIVE`;
}

export function topologyOf(config: BridgeConfig): TopologySpec {
  const { jetstream } = config;
  const streamed = OPERATIONS.filter(({ channel }) => channel === 'payments');
  const patterns = streamed.map(({ operation }) => subjectPattern(subjectTemplateOf(config, operation)));
  return {
    streams: [
      {
        name: jetstream.stream_name,
        subjects: streamSubjects(patterns),
        retention: 'limits',
        maxMsgs: jetstream.max_messages,
        maxAgeMs: durationMs(jetstream.max_age),
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
        maxAgeMs: durationMs(jetstream.max_age),
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
        allowDirect: true,
      },
      {
        name: RECORD_STREAM,
        subjects: [RECORD_PATTERN],
        retention: 'limits',
        maxMsgsPerSubject: 8,
        maxAgeMs: durationMs(jetstream.max_age),
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
        maxAgeMs: durationMs(jetstream.max_age),
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
        allowDirect: true,
      },
      ...deadLetterStreams(config),
    ],
    buckets: [
      {
        name: BODY_BUCKET,
        kind: 'object',
        ttlMs: BODY_RETENTION_MS,
        storage: jetstream.storage,
        replicas: jetstream.num_replicas,
      },
    ],
    consumers: [
      ...streamed.map(({ operation }, index) => ({
        stream: jetstream.stream_name,
        name: consumerNameOf(config, operation),
        filterSubject: patterns[index] ?? '',
        ackWaitMs: jetstream.ack_wait,
        maxDeliver: jetstream.max_deliver,
      })),
      { stream: NOTICE_STREAM, name: NOTICE_CONSUMER, maxDeliver: -1 },
    ],
  };
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
  const specified = 'hyperswitch.payments.>';
  const others = patterns.filter((pattern) => !pattern.startsWith('hyperswitch.payments.'));
  return [specified, ...new Set(others)];
}
