/** The region that serves, asked from the standby over the link between both. */
import type { Connection } from '@nats-bridge/messaging';
import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { PermissionViolationError } from '@nats-io/nats-core';

/** Nobody hurries: it is far away. */
const ASK_MS = 3_000;

/**
 * Silence proves nothing: the link may be down, and the region serve on.
 *
 * @throws PermissionViolationError when these credentials may not ask
 */
export async function isPrimaryThere(connection: Connection, domain: string): Promise<boolean> {
  const manager = await jetstreamManager(await connection.get(), {
    domain,
    checkAPI: false,
    timeout: ASK_MS,
  });
  try {
    await manager.getAccountInfo();
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError) return true;
    if ([error, (error as Error).cause].some((one) => one instanceof PermissionViolationError)) throw error;
    return false;
  }
}

/** @returns undefined where the servers have none */
export async function domainHere(connection: Connection): Promise<string | undefined> {
  const manager = await jetstreamManager(await connection.get(), connection.jetstreamOptions);
  return (await manager.getAccountInfo()).domain;
}
