/** What `nats-bridge reconcile` and `replay` have in common: which requests of the archive, and as whom. */
import { type ArchiveFilter, archiveNameOf, type NatsBridge, topologyOf } from '@nats-bridge/connector';
import { applyTopology, storedMessage, streamState, type TopologyChange } from '@nats-bridge/messaging';
import { AUDIT_STREAM, isOperation, OPERATIONS, type Operation, RECORD_STREAM } from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { missingStreams } from '../installation/missing-streams.js';
import { readSettingsHere, type ServerOptions } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { mark, progress } from '../output/terminal.js';
import { moment } from './moment.js';

export type ArchiveOptions = {
  since?: Date;
  until?: Date;
  merchant?: string;
  operation?: Operation;
  payment?: string;
  connector?: string;
};

export function ofArchive(named: Command): Command {
  return named
    .option(
      '--since <when>',
      'requested since: a time (2026-11-24T10:00Z), or how long ago (30m, 6h, 2d); default `24h`',
      moment,
    )
    .option('--until <when>', 'requested before, said likewise', moment)
    .option('--merchant <id>', 'of one merchant only')
    .option('--operation <name>', 'of one operation only', operation)
    .option('--payment <id>', 'of one payment only')
    .option('--connector <name>', 'of one connector only');
}

export function archiveFilterOf(options: ArchiveOptions): ArchiveFilter & {
  readonly operation?: Operation;
  readonly connector?: string;
} {
  const { since = moment('24h'), until, merchant, operation, payment, connector } = options;
  if (until !== undefined && since >= until)
    throw new InvalidArgumentError('--since is not before --until: nothing is in between');
  return { since, until, merchantId: merchant, operation, paymentId: payment, connector };
}

/** The filter as the audit has it. */
export function auditedFilter({ since, until, ...filter }: ArchiveFilter & { readonly connector?: string }) {
  return { ...filter, since: since?.toISOString(), until: until?.toISOString() };
}

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

function operation(name: string): Operation {
  if (isOperation(name)) return name;
  throw new InvalidArgumentError(
    `no operation of the catalogue; there are ${OPERATIONS.map(({ operation }) => operation).join(', ')}`,
  );
}
