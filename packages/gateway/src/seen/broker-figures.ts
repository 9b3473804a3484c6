/** What the broker says of itself, for all who look: metrics, alerts and the admin API. */
import type { BrokerFigures } from '@nats-bridge/connector';
import type { PaymentBridge } from '../bridge.js';
import { type CachedReading, createCachedReading } from './cached-reading.js';

/** One for a gateway: the broker is asked once a second at most, and waited for well below Prometheus's usual 10 s. */
export function createBrokerFigures(bridge: PaymentBridge): CachedReading<BrokerFigures> {
  return createCachedReading(() => (bridge.observe === undefined ? undefined : bridge.figures()), {
    maxAgeMs: 1_000,
    timeoutMs: 1_000,
  });
}
