/** The connector's health, in a time that probes wait for. */
import type { BridgeHealth, PaymentBridge } from '../bridge.js';

/** Shorter than Kubernetes' default probe timeout of one second. */
const TIMEOUT_MS = 900;

/** Never rejects and never hangs: a connector that does not answer in time is not ready. */
export async function readHealth(bridge: Pick<PaymentBridge, 'health'>): Promise<BridgeHealth> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      bridge.health(),
      new Promise<BridgeHealth>((resolve) => {
        const detail = `no word from NATS within ${TIMEOUT_MS} ms`;
        timer = setTimeout(() => resolve({ isReady: false, detail }), TIMEOUT_MS);
      }),
    ]);
  } catch {
    return { isReady: false, detail: 'the state of the NATS connection could not be read' };
  } finally {
    clearTimeout(timer);
  }
}
