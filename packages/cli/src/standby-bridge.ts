/** What the commands of a standby share: the region they are run against, and the other one. */
import { NatsBridge } from '@nats-bridge/connector';
import { InvalidArgumentError } from 'commander';
import type { Common } from './dead-letter-options.js';
import { readSettings } from './settings.js';

/** @throws InvalidArgumentError */
export function assertDomain(domain: string): void {
  if (!/^[^\s.*>]+$/.test(domain))
    throw new InvalidArgumentError(`${domain} is no JetStream domain: it has dots, stars or spaces`);
}

/** Begins nothing: it is closed when the command has used it. */
export async function withBridge<T>(options: Common, use: (bridge: NatsBridge) => Promise<T>): Promise<T> {
  const bridge = new NatsBridge(readSettings(options).bridge);
  try {
    return await use(bridge);
  } finally {
    await bridge.close();
  }
}
