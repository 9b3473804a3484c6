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
import { durationMs } from '../config/duration.js';

/** Two bridges, or the same one twice, make one letter of a request. */
const LETTER_WINDOW_MS = 3_600_000;

export function deadLetterStreams({ jetstream }: BridgeConfig): readonly StreamSpec[] {
  const maxAgeMs = durationMs(jetstream.max_age);
  const kept = {
    retention: 'limits',
    maxAgeMs,
    storage: jetstream.storage,
    replicas: jetstream.num_replicas,
    allowDirect: true,
  } as const;
  const notices = ['MAX_DELIVERIES', 'MSG_TERMINATED'].map(
    (kind) => `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${jetstream.stream_name}.>`,
  );
  return [
    { ...kept, name: NOTICE_STREAM, subjects: notices },
    // Not work queues: consoles and auditors look into them, too.
    ...(['dead_letters', 'interventions'] as const).map((queue) => ({
      ...kept,
      name: QUEUE_STREAM[queue],
      subjects: [letterPattern(queue)],
      // The server takes no window that is longer than what it looks at.
      duplicateWindowMs: Math.min(LETTER_WINDOW_MS, maxAgeMs),
    })),
    { ...kept, name: AUDIT_STREAM, subjects: [AUDIT_PATTERN], denyDelete: true, denyPurge: true },
  ];
}
