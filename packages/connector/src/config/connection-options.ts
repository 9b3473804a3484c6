/** The connection to NATS that a configuration describes. */
import type { ConnectionOptions } from '@nats-bridge/messaging';
import type { BridgeConfig } from './bridge-config.js';
import { natsCredentialsOf, natsTlsOf } from './nats-security-config.js';

/** What every program that connects takes from it, worker or bridge. */
export function natsAccessOf(
  config: BridgeConfig,
): Pick<
  ConnectionOptions,
  'servers' | 'tls' | 'credentials' | 'allowPlaintext' | 'inboxPrefix' | 'jetstreamDomain'
> {
  return {
    servers: config.base_url,
    tls: natsTlsOf(config.tls),
    credentials: natsCredentialsOf(config.auth),
    allowPlaintext: config.allow_plaintext,
    inboxPrefix: config.inbox_prefix,
    jetstreamDomain: config.jetstream.domain,
  };
}

/** The bridge's own connection. */
export function connectionOptionsOf(config: BridgeConfig): ConnectionOptions {
  const { connection } = config;
  return {
    ...natsAccessOf(config),
    name: config.connection_name,
    connectTimeoutMs: connection.connect_timeout_ms,
    pingIntervalMs: connection.ping_interval_ms,
    maxReconnects: connection.max_reconnects,
    pendingLimit: connection.reconnect_buffer_size,
  };
}
