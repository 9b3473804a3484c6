/** Alerts of the gateway itself: its connection and its certificates. */
import { type AlertRule, DAY_MS, MINUTE_MS } from './alert-rule.js';

export const GATEWAY_ALERTS: readonly AlertRule[] = [
  {
    name: 'NatsBridgeNatsDisconnected',
    severity: 'critical',
    forMs: MINUTE_MS / 2,
    runbook: 'docs/runbooks/nats-disconnected.md',
    holds: ({ isConnected }) =>
      isConnected ? [] : [{ labels: {}, summary: 'there is no connection to NATS' }],
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
