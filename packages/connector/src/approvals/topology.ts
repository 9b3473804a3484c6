/** The stream of what was proposed and decided; there only where some action needs a second person. */
import type { StreamSpec } from '@nats-bridge/messaging';
import { APPROVAL_PATTERN, APPROVAL_STREAM } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { durationMs } from '../config/duration.js';

export function approvalStreams({ approvals, jetstream }: BridgeConfig): readonly StreamSpec[] {
  if (approvals.required_for.length === 0) return [];
  return [
    {
      name: APPROVAL_STREAM,
      subjects: [APPROVAL_PATTERN],
      retention: 'limits',
      maxAgeMs: durationMs(jetstream.max_age),
      storage: jetstream.storage,
      replicas: jetstream.num_replicas,
      allowDirect: true,
      // A decision cannot be made undone.
      denyDelete: true,
      denyPurge: true,
    },
  ];
}
