/** The stream of what was proposed and decided; there only where some action needs a second person. */
import type { StreamSpec } from '@nats-bridge/messaging';
import { APPROVAL_PATTERN, APPROVAL_STREAM } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { retentionOf } from '../config/retention.js';

export function approvalStreams(config: BridgeConfig): readonly StreamSpec[] {
  const { approvals, jetstream } = config;
  if (approvals.required_for.length === 0) return [];
  return [
    {
      name: APPROVAL_STREAM,
      subjects: [APPROVAL_PATTERN],
      retention: 'limits',
      maxAgeMs: retentionOf(config).requests,
      storage: jetstream.storage,
      replicas: jetstream.num_replicas,
      allowDirect: true,
      // A decision cannot be made undone.
      denyDelete: true,
      denyPurge: true,
    },
  ];
}
