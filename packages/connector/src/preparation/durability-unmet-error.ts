/** The broker promises less than the configured durability, and will as long as both are configured as they are. */
import type { Durability, Survival } from '@nats-bridge/messaging';
import { BridgeError } from '@nats-bridge/protocol';

/** Trying again does not help: `nats_bridge.durability`, or the server's configuration, has to change. */
export class DurabilityUnmetError extends BridgeError {
  override readonly name = 'DurabilityUnmetError';

  constructor(least: Survival, { survives, because }: Durability) {
    super(
      'STORE_REFUSED',
      `nats_bridge.durability = "${least}", and an acknowledged request survives "${survives}" here: ${because}`,
    );
  }
}
