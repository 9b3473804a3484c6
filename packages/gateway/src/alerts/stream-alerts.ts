/** Alerts of streams and consumers: what waits, what is full, what is not safe. */
import { LOG_STREAM } from '@nats-bridge/protocol';
import { type AlertRule, type Condition, MINUTE_MS, percent } from './alert-rule.js';
import type { Sight } from './sight.js';

export const STREAM_ALERTS: readonly AlertRule[] = [
  {
    name: 'NatsBridgeConsumerLag',
    severity: 'warning',
    forMs: 2 * MINUTE_MS,
    runbook: 'docs/runbooks/consumer-lag.md',
    holds: ({ figures }) =>
      (figures?.streams ?? []).flatMap(({ name: stream, consumers }) =>
        consumers
          .filter(({ pending }) => pending > 100)
          .map(({ name: consumer, pending }) => ({
            labels: { stream, consumer },
            summary: `${pending} messages of ${stream} wait for ${consumer}`,
          })),
      ),
  },
  {
    name: 'NatsBridgeInterventions',
    severity: 'critical',
    forMs: MINUTE_MS,
    runbook: 'docs/runbooks/interventions.md',
    holds: (sight) =>
      lettersAbove(
        sight,
        'INTERVENTIONS',
        0,
        (count) => `operations that may have moved money and wait for a person: ${count}`,
      ),
  },
  {
    name: 'NatsBridgeDeadLetters',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/dead-letters.md',
    holds: (sight) => lettersAbove(sight, 'DEAD_LETTERS', 10, (count) => `${count} dead letters wait`),
  },
  {
    name: 'NatsBridgeApprovalsWait',
    severity: 'warning',
    forMs: 30 * MINUTE_MS,
    runbook: 'docs/runbooks/approvals-wait.md',
    holds({ figures }) {
      const count = figures?.approvalsWaiting ?? 0;
      return count > 0 ? [{ labels: {}, summary: `actions that wait for a second person: ${count}` }] : [];
    },
  },
  {
    name: 'NatsBridgeStreamNearlyFull',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/stream-nearly-full.md',
    holds: ({ figures }) =>
      (figures?.streams ?? []).flatMap(({ name: stream, messages, bytes, maxMessages, maxBytes }) => {
        const share = Math.max(messages / (maxMessages ?? Infinity), bytes / (maxBytes ?? Infinity));
        // An archive and the log let go of their oldest: full is how they are meant to be.
        return stream.endsWith('_ARCHIVE') || stream === LOG_STREAM || share <= 0.8
          ? []
          : [{ labels: { stream }, summary: `the stream ${stream} is ${percent(share)} full` }];
      }),
  },
  {
    name: 'NatsBridgeReplicasMissing',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/replicas-missing.md',
    holds: ({ figures }) =>
      (figures?.streams ?? [])
        .filter(({ replicas: { current, wanted } }) => current < wanted)
        .map(({ name: stream, replicas: { current } }) => ({
          labels: { stream },
          summary: `the stream ${stream} has ${current} current copies, fewer than wanted`,
        })),
  },
  {
    name: 'NatsBridgeConsumersOverlap',
    severity: 'critical',
    forMs: 0,
    runbook: 'docs/runbooks/consumers-overlap.md',
    holds: ({ figures }) =>
      (figures?.streams ?? [])
        .filter(({ overlaps }) => overlaps.length > 0)
        .map(({ name: stream }) => ({
          labels: { stream },
          summary: `two consumers of ${stream} get the same requests: payments may be executed twice`,
        })),
  },
];

function lettersAbove(
  { figures }: Sight,
  stream: string,
  limit: number,
  say: (count: number) => string,
): readonly Condition[] {
  const count = figures?.streams.find(({ name }) => name === stream)?.messages ?? 0;
  return count > limit ? [{ labels: {}, summary: say(count) }] : [];
}
