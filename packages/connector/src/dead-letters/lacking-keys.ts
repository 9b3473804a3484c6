/** What is signed or sealed can be dealt with only by who has keys for it: nobody would believe what another writes. */
import { HEADER, type Headers, isSealed } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';

/** @returns why a bridge of this configuration can do nothing with a message of these headers; undefined when it can */
export function lackingKeys(
  { sealing, signing }: Pick<BridgeConfig, 'sealing' | 'signing'>,
  headers: Headers,
): string | undefined {
  if (signing === undefined && headers[HEADER.signature] !== undefined)
    return 'is signed, and no key to sign with is configured here (nats_bridge.signing)';
  if (sealing === undefined && isSealed(headers))
    return 'is sealed, and no key to open it with is configured here (nats_bridge.sealing)';
  return undefined;
}
