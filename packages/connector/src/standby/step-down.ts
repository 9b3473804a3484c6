/**
 * A region that another one has taken over from gives its streams up: what they call open may be settled there, and what
 * they do not know is charged there. They are saved, and mirrors of the region that serves stand in their place.
 */
import {
  applyTopology,
  askJetStream,
  PermissionDeniedError,
  saysNoStream,
  type TopologyChange,
} from '@nats-bridge/messaging';
import { type CreatedBackup, createBackup, ownerOnly } from '../backup/create-backup.js';
import type { StreamInBackup } from '../backup/manifest.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import { mirrorsOf } from './mirrors.js';
import { hasMessages, type StepDownPlan } from './plan-step-down.js';

export type StepDownOptions = {
  /** Where the backup of the old streams is put; made where it is missing. */
  readonly folder: string;
  /** Name and version of the program. */
  readonly tool: string;
  readonly onSaved?: (stream: StreamInBackup) => void;
};

export type SteppedDown = {
  /** Undefined where there was nothing to save, or an earlier try did it. */
  readonly backup: CreatedBackup | undefined;
  readonly changes: readonly TopologyChange[];
};

/**
 * Whatever it stops at, it may be run again. No bridge begins here once the archive is a mirror, which is the first.
 *
 * @param plan without problems @throws Error where streams cannot be saved or deleted
 */
export async function stepDown(
  bridge: NatsBridge,
  { successor, stale, isSaved, problems }: StepDownPlan,
  { folder, tool, onSaved }: StepDownOptions,
): Promise<SteppedDown> {
  if (problems.length > 0) throw new Error(`this region cannot step down: ${problems.join('; ')}`);
  const { config, connection } = bridge;
  const mayHold = !isSaved && hasMessages(stale);
  const backup = mayHold
    ? await createBackup(bridge, { folder, tool, onSaved, givenUpTo: successor })
    : undefined;
  const spec = mirrorsOf(config, successor);
  const archive = archiveNameOf(config);
  const names = stale.map(({ stream }) => stream);
  if (names.includes(archive)) {
    await remove(archive);
    await applyTopology(connection, {
      streams: spec.streams.filter(({ name }) => name === archive),
      consumers: [],
    });
  }
  for (const stream of names) if (stream !== archive) await remove(stream);
  return { backup, changes: await applyTopology(connection, spec) };

  async function remove(stream: string): Promise<void> {
    try {
      await askJetStream(connection, `STREAM.DELETE.${stream}`, {});
    } catch (error) {
      if (error instanceof PermissionDeniedError) throw ownerOnly(error, 'deletes');
      if (!saysNoStream(error)) throw error;
    }
  }
}
