/** The streams and consumers a configuration implies: the specification's PAYMENTS, and the records beside it. */

import type { TopologySpec } from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  OPERATIONS,
  RECORD_PATTERN,
  RECORD_STREAM,
  subjectPattern,
} from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf } from './config/bridge-config.js';
import { durationMs } from './config/duration.js';

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
    consumers: streamed.map(({ operation }, index) => ({
      stream: jetstream.stream_name,
      name: consumerNameOf(config, operation),
      filterSubject: patterns[index] ?? '',
      ackWaitMs: jetstream.ack_wait,
      maxDeliver: jetstream.max_deliver,
    })),
  };
}

/** `hyperswitch.payments.>` as specified, and only what configured subjects need besides. */
function streamSubjects(patterns: readonly string[]): string[] {
  const specified = 'hyperswitch.payments.>';
  const others = patterns.filter((pattern) => !pattern.startsWith('hyperswitch.payments.'));
  return [specified, ...new Set(others)];
}
