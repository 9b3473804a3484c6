/**
 * A standby becomes the region that serves: its mirrors are saved as a backup like any other, and that is restored in
 * their place, so that nothing is executed twice for all that they cannot know (docs/standby.md).
 */
import {
  originSeqOf,
  serverFeatures,
  storedMessage,
  streamState,
  wantedBucket,
  wantedStream,
} from '@nats-bridge/messaging';
import type { StreamConfig } from '@nats-io/jetstream';
import { type CreatedBackup, createBackup, type MirroredStreams } from '../backup/create-backup.js';
import type { StreamInBackup } from '../backup/manifest.js';
import { type Restored, restoreBackup } from '../backup/restore-backup.js';
import { planRestore, type RestorePlan } from '../backup/restore-plan.js';
import type { Actor } from '../dead-letters/letter-action.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf, topologyOf } from '../topology.js';
import { isPrimaryThere } from './primary.js';
import { type Mirror, readStandby, type Standby } from './read-standby.js';

export type TakeOverPlan = Standby & {
  /** It answers over the link. Where it does not it may serve all the same. */
  readonly isPrimaryThere: boolean;
  /** Whatever the primary stored before is known here, as far as these servers have heard since they started. */
  readonly until: Date | undefined;
};

export type TakeOverOptions = {
  /** Where the backup of the mirrors is put; made where it is missing. */
  readonly folder: string;
  /** Name and version of the program. */
  readonly tool: string;
  readonly actor: Actor;
  readonly onSaved?: (stream: StreamInBackup) => void;
  readonly onRestored?: (stream: StreamInBackup) => void;
};

export type TakenOver = {
  readonly backup: CreatedBackup;
  readonly plan: RestorePlan;
  /** Undefined where the plan has problems: then the mirrors are as they were. */
  readonly restored: Restored | undefined;
};

/**
 * Changes nothing.
 *
 * @param isPrimaryStopped somebody has seen to it that nothing of the primary serves, or will
 * @throws NotConnectedError
 */
export async function planTakeOver(
  bridge: Pick<NatsBridge, 'config' | 'connection'>,
  { isPrimaryStopped = false }: { readonly isPrimaryStopped?: boolean } = {},
): Promise<TakeOverPlan> {
  const standby = await readStandby(bridge);
  const { primary, mirrors } = standby;
  const problems = [...standby.problems];
  const isThere = primary !== undefined && (await isPrimaryThere(bridge.connection, primary));
  const behind = mirrors.filter(({ lag }) => lag > 0);
  const until = knownUntil(mirrors);
  if (isThere && !isPrimaryStopped)
    problems.push(
      `region ${primary} answers, and two regions that serve charge twice. Where it is to be left all the same, stop its bridges and workers for good, and say so: --primary-stopped`,
    );
  if (isThere && behind.length > 0)
    problems.push(
      `what is missing in ${behind.map(({ stream }) => stream).join(', ')} is still coming: wait until nats-bridge standby show has nothing behind`,
    );
  if (mirrors.length > 0 && until === undefined)
    problems.push('nothing has ever been copied here: restore a backup instead (docs/backup.md)');
  return { ...standby, problems, isPrimaryThere: isThere, until };
}

/** Servers that started since the primary was last heard know of its messages, and not how many were still to come. */
function knownUntil(mirrors: readonly Mirror[]): Date | undefined {
  const isHeard = mirrors.every(({ silentMs }) => silentMs !== undefined);
  const times = mirrors.map(({ until, newest }) => (isHeard ? until : newest)?.getTime());
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) return undefined;
  return new Date(isHeard ? Math.min(...known) : Math.max(...known));
}

/** @param plan without problems @throws Error where streams cannot be saved or restored, and says how far it came */
export async function takeOver(
  bridge: NatsBridge,
  { primary, mirrors, until, problems, isPrimaryThere: isThere }: TakeOverPlan,
  { folder, tool, actor, onSaved, onRestored }: TakeOverOptions,
): Promise<TakenOver> {
  if (problems.length > 0 || until === undefined)
    throw new Error(`this region cannot take over: ${problems.join('; ')}`);
  const mirrored = await mirroredStreams(bridge, until);
  const backup = await createBackup(bridge, { folder, tool, onSaved, mirrored });
  const replaceable = mirrors.map(({ stream }) => stream);
  const plan = await planRestore(bridge, backup.path, { replaceable });
  if (plan.problems.length > 0) return { backup, plan, restored: undefined };
  const what = { primary, answered: isThere ? 'yes' : 'no', ...lagsOf(mirrors) };
  const restored = await restoreBackup(bridge, plan, {
    actor,
    audited: { action: 'take_over', what },
    onRestored,
  });
  return { backup, plan, restored };
}

function lagsOf(mirrors: TakeOverPlan['mirrors']): Readonly<Record<string, number>> {
  return Object.fromEntries(mirrors.filter(({ lag }) => lag > 0).map(({ stream, lag }) => [stream, lag]));
}

/** What the streams are where they take requests: as a bridge of this configuration makes them. */
async function mirroredStreams(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  until: Date,
): Promise<MirroredStreams> {
  const { info } = await connection.get();
  const features = serverFeatures(info?.version ?? '');
  const { streams, buckets = [] } = topologyOf(config);
  const configs = [
    ...streams.map((spec) => wantedStream(spec, features).config),
    ...buckets.map((spec) => wantedBucket(spec).config),
  ];
  const configOf = (stream: string) => {
    const found = configs.find(({ name }) => name === stream);
    if (found === undefined) throw new Error(`this configuration has no stream ${stream}`);
    return found as StreamConfig;
  };
  const work = configOf(config.jetstream.stream_name);
  return { until, configOf, workStream: { config: work, lastSeq: await lastRequest() } };

  /** The work stream is not mirrored; its newest request that the archive has a copy of says how far it had come. */
  async function lastRequest(): Promise<number> {
    const archive = archiveNameOf(config);
    const { lastSeq } = await streamState(connection, archive);
    const newest = await storedMessage(connection, archive, lastSeq);
    return newest === undefined ? 0 : originSeqOf(newest.headers);
  }
}
