/** What the doors need of the connector. */
import type { NatsBridge } from '@nats-bridge/connector';

export type PaymentBridge = Pick<NatsBridge, 'execute' | 'health'>;
export type BridgeHealth = Awaited<ReturnType<PaymentBridge['health']>>;
