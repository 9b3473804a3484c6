/** Alerts of replies that did not reach who waited for them. */
import { LATE_CONSUMER } from '@nats-bridge/connector';
import { type AlertRule, MINUTE_MS } from './alert-rule.js';

export const REPLY_ALERTS: readonly AlertRule[] = [
  {
    name: 'NatsBridgeLateAnswers',
    severity: 'warning',
    forMs: 0,
    runbook: 'docs/runbooks/late-answers.md',
    holds: ({ replies: { late } }) =>
      late > 5 ? [{ labels: {}, summary: `${late} answers came too late within 15 minutes` }] : [],
  },
  {
    name: 'NatsBridgeOperationsInDoubt',
    severity: 'warning',
    forMs: 30 * MINUTE_MS,
    runbook: 'docs/runbooks/operations-in-doubt.md',
    holds({ figures }) {
      const consumers = (figures?.streams ?? []).flatMap((stream) => stream.consumers);
      const count = consumers
        .filter(({ name }) => name === LATE_CONSUMER.name)
        .reduce((sum, { pending, ackPending }) => sum + pending + ackPending, 0);
      return count > 0
        ? [{ labels: {}, summary: `operations in doubt, or whose answers are not taken: ${count}` }]
        : [];
    },
  },
  {
    name: 'NatsBridgeStrayReplies',
    severity: 'warning',
    forMs: 0,
    runbook: 'docs/runbooks/stray-replies.md',
    holds: ({ replies: { stray } }) =>
      stray > 0 ? [{ labels: {}, summary: `replies that named another request than theirs: ${stray}` }] : [],
  },
  {
    name: 'NatsBridgeRefusedReplies',
    severity: 'warning',
    forMs: 0,
    runbook: 'docs/runbooks/refused-replies.md',
    holds: ({ replies: { refused } }) =>
      refused > 0
        ? [{ labels: {}, summary: `answers that were not signed by who may give them: ${refused}` }]
        : [],
  },
];
