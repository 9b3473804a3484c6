/** The admin API of a gateway, with all that it reads from; nothing where nobody could get in. */
import type { NatsBridge } from '@nats-bridge/connector';
import type { Hono } from 'hono';
import type { OnWarning } from '../warning.js';
import { createAdminApp } from './admin-app.js';
import type { AdminConfig } from './admin-config.js';
import { createAdminWorld } from './admin-world.js';
import { createAuthenticate } from './authenticate.js';

export type AdminDoor = { readonly app: Hono; close(): Promise<void> };

/** @throws Error when the file of a token cannot be read */
export function createAdminDoor(
  bridge: NatsBridge,
  config: AdminConfig,
  onWarning: OnWarning,
): AdminDoor | undefined {
  const authenticate = createAuthenticate(config);
  if (authenticate === undefined) return undefined;
  const world = createAdminWorld(bridge, config, onWarning);
  return { app: createAdminApp({ world, authenticate, onWarning }), close: world.close };
}
