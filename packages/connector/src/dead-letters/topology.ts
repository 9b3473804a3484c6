/** The streams of what was given up: the server's own notices, the letters made of them, and what people did. */
import type { StreamSpec } from '@nats-bridge/messaging';
import { encodeToken, MAX_ID_LENGTH } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { durationMs } from '../config/duration.js';
import type { Queue } from './dead-letter.js';

/** Holds the notices until a bridge has made letters of them, so that none is missed while no bridge runs. */
export const NOTICE_STREAM = 'DELIVERY_NOTICES';
/** The durable consumer of the notices that all bridges share. */
export const NOTICE_CONSUMER = 'dead-letter-keeper';

export const QUEUE_STREAM: Readonly<Record<Queue, string>> = {
  dead_letters: 'DEAD_LETTERS',
  interventions: 'INTERVENTIONS',
};
const QUEUE_TOKEN: Readonly<Record<Queue, string>> = { dead_letters: 'dlq', interventions: 'interventions' };

export const AUDIT_STREAM = 'AUDIT';

/** `hyperswitch.dlq.{merchant_id}.{operation}`, or `hyperswitch.interventions.…`. */
export function letterSubject(queue: Queue, merchantId: string, operation: string): string {
  return `hyperswitch.${QUEUE_TOKEN[queue]}.${tokenOf(merchantId)}.${tokenOf(operation)}`;
}

/** A letter may be of a request that was no good at all. */
function tokenOf(id: string): string {
  return id.length > MAX_ID_LENGTH ? 'unknown' : encodeToken(id.toWellFormed());
}

export function auditSubject(action: string): string {
  return `hyperswitch.audit.${encodeToken(action)}`;
}

/** Two bridges, or the same one twice, make one letter of a request. */
const LETTER_WINDOW_MS = 3_600_000;

export function deadLetterStreams({ jetstream }: BridgeConfig): readonly StreamSpec[] {
  const kept = {
    retention: 'limits',
    maxAgeMs: durationMs(jetstream.max_age),
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
      subjects: [`hyperswitch.${QUEUE_TOKEN[queue]}.>`],
      duplicateWindowMs: LETTER_WINDOW_MS,
    })),
    { ...kept, name: AUDIT_STREAM, subjects: ['hyperswitch.audit.>'], denyDelete: true, denyPurge: true },
  ];
}
