/** The connector's health, in a time that probes wait for. */
import { within } from '@nats-bridge/protocol';
import type { BridgeHealth, PaymentBridge } from '../bridge.js';

/** Shorter than Kubernetes' default probe timeout of one second. */
const TIMEOUT_MS = 900;

/** Never rejects and never hangs: a connector that does not answer in time is not ready. */
export async function readHealth(bridge: Pick<PaymentBridge, 'health'>): Promise<BridgeHealth> {
  try {
    const health = await within(TIMEOUT_MS, bridge.health());
    return health ?? { isReady: false, detail: `no word from NATS within ${TIMEOUT_MS} ms` };
  } catch {
    return { isReady: false, detail: 'the state of the NATS connection could not be read' };
  }
}
