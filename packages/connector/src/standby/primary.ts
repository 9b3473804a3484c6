/** The region that serves, asked from the standby over the link between both. */
import {
  apiSubject,
  type Connection,
  managerOf,
  PermissionDeniedError,
  saysDenied,
} from '@nats-bridge/messaging';
import {
  type JetStreamAccountStats,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream';
import { ownerOnly } from '../backup/create-backup.js';

/** Nobody hurries: it is far away. */
const ASK_MS = 3_000;

/**
 * Silence proves nothing: the link may be down, and the region serve on.
 *
 * @throws Error that says who may ask, where these credentials may not
 */
export async function isPrimaryThere(connection: Connection, domain: string): Promise<boolean> {
  const manager = await managerOfDomain(connection, domain);
  try {
    await accountIn(manager, `$JS.${domain}.API.INFO`);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError) return true;
    if ((error as Error).cause instanceof PermissionDeniedError) throw error;
    return false;
  }
}

/** @returns undefined where the servers have none @throws Error that says who may ask, where these credentials may not */
export async function domainHere(connection: Connection): Promise<string | undefined> {
  const manager = await managerOf(connection);
  return (await accountIn(manager, apiSubject(connection, 'INFO'))).domain;
}

/** Of the JetStream of another domain. */
export async function managerOfDomain(connection: Connection, domain: string): Promise<JetStreamManager> {
  return jetstreamManager(await connection.get(), { domain, checkAPI: false, timeout: ASK_MS });
}

async function accountIn(manager: JetStreamManager, subject: string): Promise<JetStreamAccountStats> {
  try {
    return await manager.getAccountInfo();
  } catch (error) {
    throw saysDenied(error)
      ? ownerOnly(new PermissionDeniedError('publish', subject, { cause: error }), 'mirrors')
      : error;
  }
}
