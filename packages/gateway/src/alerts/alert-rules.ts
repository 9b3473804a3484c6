/**
 * The alerts that a gateway can see by itself, so that a small installation needs no Prometheus. They bear the names of
 * deploy/prometheus/alerts.yml, and a test compares them with it; there they are said of all gateways together.
 */
import type { AlertRule } from './alert-rule.js';
import { CALL_ALERTS } from './call-alerts.js';
import { GATEWAY_ALERTS } from './gateway-alerts.js';
import { REPLY_ALERTS } from './reply-alerts.js';
import { STREAM_ALERTS } from './stream-alerts.js';
import { WORKER_ALERTS } from './worker-alerts.js';

export const ALERT_RULES: readonly AlertRule[] = [
  ...GATEWAY_ALERTS,
  ...CALL_ALERTS,
  ...WORKER_ALERTS,
  ...STREAM_ALERTS,
  ...REPLY_ALERTS,
];

/** Rules for Prometheus that no gateway has, and why. */
export const ONLY_IN_PROMETHEUS: Readonly<Record<string, string>> = {
  NatsBridgeDown: 'a gateway that cannot be reached cannot say so',
};
