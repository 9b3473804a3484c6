/** A bridge for as long as a command needs it. */
import { type BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';
import { serverFailure } from './server-failure.js';

/** Begins nothing: it connects when it is used, and is closed afterwards, whatever came of it. @throws what `use` does, and of a server that is away or denies it what to do about it */
export async function withBridge<T>(
  config: BridgeConfigInput,
  use: (bridge: NatsBridge) => Promise<T>,
): Promise<T> {
  const bridge = new NatsBridge(config);
  try {
    return await use(bridge);
  } catch (error) {
    throw serverFailure(error, bridge.config);
  } finally {
    await bridge.close();
  }
}
