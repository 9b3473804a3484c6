/** A bridge for as long as a command needs it. */
import { type BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';

/** Begins nothing: it connects when it is used, and is closed afterwards, whatever came of it. */
export async function withBridge<T>(
  config: BridgeConfigInput,
  use: (bridge: NatsBridge) => Promise<T>,
): Promise<T> {
  const bridge = new NatsBridge(config);
  try {
    return await use(bridge);
  } finally {
    await bridge.close();
  }
}
