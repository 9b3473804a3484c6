/**
 * The alerts that a gateway can see by itself, so that a small installation needs no Prometheus. They bear the names of
 * deploy/prometheus/alerts.yml, and a test compares severity, time and page; there they are said of all gateways
 * together, and of longer times.
 */
import type { BrokerFigures } from '@nats-bridge/connector';
import { LOG_STREAM } from '@nats-bridge/protocol';
import type { CertificateUse } from '../certificate-ends.js';

/** What is looked at. */
export type Sight = {
  readonly isConnected: boolean;
  /** Those in use, and how long they still hold; below 0 they have ended. */
  readonly certificates: readonly { readonly use: CertificateUse; readonly leftMs: number }[];
  /** undefined while the broker does not answer. */
  readonly figures: BrokerFigures | undefined;
  /** Of the last minute. */
  readonly operations: readonly {
    readonly operation: string;
    readonly calls: number;
    readonly unknown: number;
    readonly not_sent: number;
    readonly p95_ms: number | null;
  }[];
  readonly breakers: readonly {
    readonly route: { readonly operation: string; readonly connector: string };
    readonly state: 'closed' | 'open' | 'half_open';
  }[];
};

export type Condition = { readonly labels: Readonly<Record<string, string>>; readonly summary: string };

export type AlertRule = {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  /** How long it must hold before it is said. */
  readonly forMs: number;
  readonly runbook: string;
  /** Everything it holds for at this moment. */
  holds(sight: Sight): readonly Condition[];
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Of fewer calls, a share says nothing. */
const FEW_CALLS = 20;
const percent = (share: number) => `${Math.round(share * 100)} %`;

export const ALERT_RULES: readonly AlertRule[] = [
  {
    name: 'NatsBridgeNatsDisconnected',
    severity: 'critical',
    forMs: MINUTE_MS / 2,
    runbook: 'docs/runbooks/nats-disconnected.md',
    holds: ({ isConnected }) =>
      isConnected ? [] : [{ labels: {}, summary: 'there is no connection to NATS' }],
  },
  {
    name: 'NatsBridgeHighFailureRate',
    severity: 'critical',
    forMs: 2 * MINUTE_MS,
    runbook: 'docs/runbooks/high-failure-rate.md',
    holds: ({ operations }) =>
      operations.flatMap(({ operation, calls, unknown, not_sent }) => {
        const share = (unknown + not_sent) / calls;
        return calls < FEW_CALLS || share <= 0.05
          ? []
          : [{ labels: { operation }, summary: `${percent(share)} of ${operation} got no answer` }];
      }),
  },
  {
    name: 'NatsBridgeHighLatency',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/high-latency.md',
    holds: ({ operations }) =>
      operations.flatMap(({ operation, calls, p95_ms }) =>
        calls < FEW_CALLS || (p95_ms ?? 0) <= 5_000
          ? []
          : [
              {
                labels: { operation },
                summary: `1 in 20 calls of ${operation} takes more than ${p95_ms} ms`,
              },
            ],
      ),
  },
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
    name: 'NatsBridgeCircuitOpen',
    severity: 'warning',
    forMs: MINUTE_MS,
    runbook: 'docs/runbooks/circuit-open.md',
    holds: ({ breakers }) =>
      breakers
        .filter(({ state }) => state === 'open')
        .map(({ route: { operation, connector } }) => ({
          labels: { operation, connector },
          summary: `calls of ${operation} for ${connector} fail at once: the circuit is open`,
        })),
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
        (count) => `${count} operations may have moved money and wait for a person`,
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
          : [{ labels: { stream }, summary: `${stream} is at ${percent(share)} of its limit` }];
      }),
  },
  {
    name: 'NatsBridgeCertificateEnds',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/certificate-ends.md',
    holds: ({ certificates }) =>
      certificates
        .filter(({ leftMs }) => leftMs < 14 * DAY_MS)
        .map(({ use, leftMs }) => ({
          labels: { use },
          summary:
            leftMs < 0
              ? `the certificate ${use} has ended`
              : `the certificate ${use} ends within ${Math.ceil(leftMs / DAY_MS)} days`,
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
