/** The streams of what was given up: the server's own notices, the letters made of them, and what people did. */
import type { StreamSpec } from '@nats-bridge/messaging';
import {
  AUDIT_PATTERN,
  AUDIT_STREAM,
  letterPattern,
  NOTICE_STREAM,
  QUEUE_STREAM,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { retentionOf } from '../config/retention.js';

/** Two bridges, or the same one twice, make one letter of a request. */
const LETTER_WINDOW_MS = 3_600_000;

export function deadLetterStreams(config: BridgeConfig): readonly StreamSpec[] {
  const { jetstream } = config;
  const { requests, audit } = retentionOf(config);
  const kept = {
    retention: 'limits',
    maxAgeMs: requests,
    storage: jetstream.storage,
    replicas: jetstream.num_replicas,
    allowDirect: true,
  } as const;
  const notices = ['MAX_DELIVERIES', 'MSG_TERMINATED'].map(
    (kind) => `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${jetstream.stream_name}.>`,
  );
  return [
    { ...kept, name: NOTICE_STREAM, subjects: notices },
    // Not work queues: consoles and auditors look into them, too. The server takes no window that is longer than what it
    // looks at.
    {
      ...kept,
      name: QUEUE_STREAM.dead_letters,
      subjects: [letterPattern('dead_letters')],
      duplicateWindowMs: Math.min(LETTER_WINDOW_MS, requests),
    },
    // Money may have moved: until a person has settled it, however long that takes.
    {
      ...kept,
      name: QUEUE_STREAM.interventions,
      subjects: [letterPattern('interventions')],
      maxAgeMs: 0,
      duplicateWindowMs: LETTER_WINDOW_MS,
    },
    {
      ...kept,
      name: AUDIT_STREAM,
      subjects: [AUDIT_PATTERN],
      maxAgeMs: audit,
      denyDelete: true,
      denyPurge: true,
    },
  ];
}
