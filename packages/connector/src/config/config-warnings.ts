/** What an operator should be told about a configuration that can be used. */
import { PlaintextRefusedError, plaintextHosts } from '@nats-bridge/messaging';
import type { BridgeConfig } from './bridge-config.js';
import { natsAccessOf } from './connection-options.js';
import { idleRoutes } from './idle-routes.js';

export function bridgeConfigWarnings(config: BridgeConfig): readonly string[] {
  const hosts = plaintextHosts(natsAccessOf(config));
  return [...(hosts.length === 0 ? [] : [new PlaintextRefusedError(hosts).message]), ...idleRoutes(config)];
}
