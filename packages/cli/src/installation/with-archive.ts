/** The archive of an installation for as long as `nats-bridge reconcile` or `replay` needs it. */
import { type ArchiveFilter, archiveNameOf, type NatsBridge, topologyOf } from '@nats-bridge/connector';
import { applyTopology, storedMessage, streamState, type TopologyChange } from '@nats-bridge/messaging';
import { AUDIT_STREAM, RECORD_STREAM } from '@nats-bridge/protocol';
import { type ArchiveOptions, archiveFilterOf } from '../options/archive-options.js';
import { mark, progress } from '../output/terminal.js';
import { missingStreams } from './missing-streams.js';
import { readSettingsHere, type ServerOptions } from './settings.js';
import { withBridge } from './with-bridge.js';

/** To read it: makes and changes no stream. @throws Error where no bridge has made it */
export async function withArchive(
  options: ServerOptions & Pick<ArchiveOptions, 'since'>,
  use: (bridge: NatsBridge) => Promise<void>,
): Promise<void> {
  await withBridge(readSettingsHere(options).bridge, async (bridge) => {
    await assertThereIsArchive(bridge);
    await sayWhereItBegins(bridge, archiveFilterOf(options));
    await use(bridge);
  });
}

async function assertThereIsArchive({ config, connection }: NatsBridge): Promise<void> {
  const missing = await missingStreams(connection, [archiveNameOf(config), RECORD_STREAM, AUDIT_STREAM]);
  if (missing.length === 0) return;
  throw new Error(
    `there is no stream ${missing.join(', ')} at ${connection.servers.join(', ')}, so nothing was kept there: is it the right server? A bridge makes them when it starts`,
  );
}

/** What is older than that was let go of, and is missed by nobody who is not told. */
async function sayWhereItBegins(
  { config, connection }: NatsBridge,
  { since }: Pick<ArchiveFilter, 'since'>,
): Promise<void> {
  const archive = archiveNameOf(config);
  const { firstSeq, messages } = await streamState(connection, archive);
  if (firstSeq <= 1 || messages === 0) return;
  const first = await storedMessage(connection, archive, firstSeq);
  if (first === undefined || since === undefined || first.storedAt <= since) return;
  progress(
    `${mark.warning(process.stderr)} the archive begins at ${first.storedAt.toISOString()}: what was before is gone`,
  );
}

/** Before calls: a bridge makes streams as it is configured. @throws Error where it would change one */
export async function assertStreamsAsConfigured({ config, connection }: NatsBridge): Promise<void> {
  const changes = await applyTopology(connection, topologyOf(config), { dryRun: true });
  const wanted = changes.filter(isChange);
  if (wanted.length === 0) return;
  const names = wanted.slice(0, 5).map(({ name }) => name);
  const more = wanted.length > names.length ? ` and ${wanted.length - names.length} more` : '';
  throw new Error(
    `at ${connection.servers.join(', ')}, ${names.join(', ')}${more} are not as configured here, and would be changed: run this with the configuration of the bridges there (--config); nats-bridge topology show says what differs. Nothing was changed`,
  );
}

/** How many replicas there can be is the server's to say. */
function isChange({ action, differences }: TopologyChange): boolean {
  return (
    action === 'created' ||
    (action === 'updated' && differences.some(({ field }) => field !== 'num_replicas'))
  );
}
