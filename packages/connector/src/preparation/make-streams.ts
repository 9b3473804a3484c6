/** Makes the streams and consumers that a configuration implies, where they are missing. */
import { applyTopology, type Connection, type TopologyChange, TopologyError } from '@nats-bridge/messaging';
import { isRestoreUnfinished } from '../backup/restore-mark.js';
import type { BridgeConfig } from '../config/bridge-config.js';
import { copiedHere } from '../standby/read-standby.js';
import { StandbyError } from '../standby/standby-error.js';
import { archiveNameOf, topologyOf } from '../topology.js';
import { RestoreUnfinishedError } from './restore-unfinished-error.js';

/**
 * @returns the conflicts: what is not as configured, and is left so
 * @throws RestoreUnfinishedError or StandbyError where people have to act first; TopologyError and others of messaging
 */
export async function makeStreams(
  connection: Connection,
  config: BridgeConfig,
): Promise<readonly TopologyChange[]> {
  try {
    const changes = await applyTopology(connection, topologyOf(config));
    return changes.filter(({ action }) => action === 'conflict');
  } catch (cause) {
    throw cause instanceof TopologyError ? await whyRefused(cause, connection, config) : cause;
  }
}

async function whyRefused(
  cause: TopologyError,
  connection: Connection,
  config: BridgeConfig,
): Promise<Error> {
  if (await isRestoreUnfinished(connection)) return new RestoreUnfinishedError({ cause });
  const archive = archiveNameOf(config);
  const primary = await copiedHere(connection, archive);
  return primary === undefined ? cause : new StandbyError(primary, archive, { cause });
}
