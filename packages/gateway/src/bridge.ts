/** What the doors need of the connector. */
import type { NatsBridge } from '@nats-bridge/connector';

export type PaymentBridge = Pick<NatsBridge, 'execute' | 'health'> &
  /** Without it the door begins no spans. */
  Partial<Pick<NatsBridge, 'tracing'>> &
  /** Without them nothing is pushed, and every event is for the workers. */
  Partial<Pick<NatsBridge, 'lateAnswers'>> &
  /** Without it there are no metrics but those of the doors and the process. */
  (ObservableBridge | { readonly observe?: undefined });
/** What metrics are made from. */
type ObservableBridge = Pick<
  NatsBridge,
  'observe' | 'stats' | 'rateLimits' | 'figures' | 'connection' | 'config'
>;
export type BridgeHealth = Awaited<ReturnType<PaymentBridge['health']>>;
