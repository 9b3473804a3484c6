/** Alerts of calls: how they end, how long they take, and which are not let through. */
import type { BridgeErrorCode } from '@nats-bridge/protocol';
import { type AlertRule, MINUTE_MS, percent } from './alert-rule.js';
import { byOperation, type RouteOutcomes, SLOW_MS } from './recent-outcomes.js';
import type { Sight } from './sight.js';

/** Of fewer calls, a share says nothing. */
const FEW_CALLS = 20;

/** Mistakes of who calls, calls that he gave up himself, and those above what he was allowed. */
const OF_CALLER: readonly BridgeErrorCode[] = ['VALIDATION_ERROR', 'CANCELLED', 'RATE_LIMITED'];

export const CALL_ALERTS: readonly AlertRule[] = [
  {
    name: 'NatsBridgeHighFailureRate',
    severity: 'critical',
    forMs: 2 * MINUTE_MS,
    runbook: 'docs/runbooks/high-failure-rate.md',
    holds: ({ calls }) =>
      byOperation(calls.last5Minutes).flatMap(({ operation, calls: all, results, codes }) => {
        const ofCaller = OF_CALLER.reduce((sum, code) => sum + (codes[code] ?? 0), 0);
        const share = (results.unknown + results.not_sent - ofCaller) / all;
        return all < FEW_CALLS || share <= 0.05
          ? []
          : [{ labels: { operation }, summary: `${percent(share)} of ${operation} got no answer` }];
      }),
  },
  {
    name: 'NatsBridgeHighDeclineRate',
    severity: 'warning',
    forMs: 10 * MINUTE_MS,
    runbook: 'docs/runbooks/high-decline-rate.md',
    holds: ({ calls }) =>
      calls.last15Minutes.flatMap(({ operation, connector, calls: all, results }) => {
        const share = results.failure / (results.success + results.failure + results.processing);
        return all < FEW_CALLS || !(share > 0.5)
          ? []
          : [
              {
                labels: { operation, connector },
                summary: `${percent(share)} of ${operation} at ${connector} was declined`,
              },
            ];
      }),
  },
  {
    name: 'NatsBridgeHighLatency',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/high-latency.md',
    holds: ({ calls }) =>
      byOperation(calls.last5Minutes).flatMap(({ operation, calls: all, slow }) =>
        all < FEW_CALLS || slow / all <= 0.05
          ? []
          : [
              {
                labels: { operation },
                summary: `1 in 20 calls of ${operation} takes more than ${SLOW_MS / 1_000} s`,
              },
            ],
      ),
  },
  {
    name: 'NatsBridgeNoWorkers',
    severity: 'critical',
    forMs: MINUTE_MS,
    runbook: 'docs/runbooks/no-workers.md',
    holds: ({ calls }) =>
      byOperation(calls.last5Minutes).flatMap(({ operation, poolsWithoutWorkers }) =>
        [...poolsWithoutWorkers].map((pool) =>
          pool === undefined
            ? { labels: { operation }, summary: `nobody answers ${operation}` }
            : { labels: { operation, pool }, summary: `nobody answers ${operation} in the pool ${pool}` },
        ),
      ),
  },
  {
    name: 'NatsBridgeOverloaded',
    severity: 'critical',
    forMs: MINUTE_MS,
    runbook: 'docs/runbooks/overloaded.md',
    holds: (sight) =>
      endedWith(sight, 'OVERLOADED').map(({ operation }) => ({
        labels: { operation },
        summary: `calls of ${operation} are refused: too many in flight`,
      })),
  },
  {
    name: 'NatsBridgeCircuitOpen',
    severity: 'warning',
    forMs: MINUTE_MS,
    runbook: 'docs/runbooks/circuit-open.md',
    holds: ({ breakers }) =>
      breakers
        // A probe that nobody answers keeps it half open for as long as the call may take.
        .filter(({ state }) => state !== 'closed')
        .map(({ route: { operation, connector } }) => ({
          labels: { operation, connector },
          summary: `calls of ${operation} for ${connector} fail at once: the circuit is open`,
        })),
  },
];

function endedWith({ calls }: Sight, code: BridgeErrorCode): readonly Omit<RouteOutcomes, 'connector'>[] {
  return byOperation(calls.last5Minutes).filter(({ codes }) => (codes[code] ?? 0) > 0);
}
