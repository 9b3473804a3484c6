/** What an acknowledged request survives, and whether that is as much as is configured. */
import { type Connection, type Durability, isAtLeast, readDurability } from '@nats-bridge/messaging';
import { BridgeError } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { DurabilityUnmetError } from './durability-unmet-error.js';

/** By what the broker says of itself now. */
export async function durabilityOf(
  connection: Connection,
  { jetstream_enabled, jetstream, monitor_url }: BridgeConfig,
): Promise<Durability> {
  if (!jetstream_enabled) return { survives: 'nothing', because: 'jetstream_enabled = false', isKnown: true };
  return readDurability(connection, jetstream.stream_name, monitor_url);
}

/** @throws DurabilityUnmetError when it is less; BridgeError when that is not known */
export async function requireDurability(connection: Connection, config: BridgeConfig): Promise<void> {
  const least = config.durability;
  if (least === undefined) return;
  const durability = await durabilityOf(connection, config);
  if (isAtLeast(durability.survives, least)) return;
  if (durability.isKnown) throw new DurabilityUnmetError(least, durability);
  throw new BridgeError(
    'STORE_REFUSED',
    `whether nats_bridge.durability = "${least}" holds is not known: ${durability.because}`,
  );
}
