/** What the doors need of the connector. */
import type { NatsBridge } from '@nats-bridge/connector';

export type PaymentBridge = Pick<NatsBridge, 'execute' | 'health'> &
  /** Without them nothing is pushed, and every event is for the workers. */
  Partial<Pick<NatsBridge, 'lateAnswers'>>;
export type BridgeHealth = Awaited<ReturnType<PaymentBridge['health']>>;
