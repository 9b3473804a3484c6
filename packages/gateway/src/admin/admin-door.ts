/** The admin API of a gateway, with all that it reads from; nothing where nobody could get in. */
import type { Hono } from 'hono';
import { createAdminApp } from './admin-app.js';
import { type AdminWorldOptions, createAdminWorld } from './admin-world.js';
import { createAuthenticate } from './authenticate.js';

export type AdminDoor = { readonly app: Hono; close(): Promise<void> };

/** @throws Error when the file of a token cannot be read */
export function createAdminDoor(options: AdminWorldOptions): AdminDoor | undefined {
  const { config, onWarning } = options;
  const authenticate = createAuthenticate(config);
  if (authenticate === undefined) return undefined;
  const world = createAdminWorld(options);
  return { app: createAdminApp({ world, authenticate, onWarning }), close: world.close };
}
