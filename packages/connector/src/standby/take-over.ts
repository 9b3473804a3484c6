/**
 * A standby becomes the region that serves: its mirrors are saved as a backup like any other, and that is restored in
 * their place, so that nothing is executed twice for all that they cannot know (docs/standby.md).
 */
import { join } from 'node:path';
import {
  originSeqOf,
  serverFeatures,
  storedMessage,
  storedMessages,
  streamInfo,
  streamState,
  wantedBucket,
  wantedStream,
} from '@nats-bridge/messaging';
import { deadlineIn } from '@nats-bridge/protocol';
import type { StreamConfig } from '@nats-io/jetstream';
import { readBackup } from '../backup/backup-folder.js';
import { type CreatedBackup, createBackup, type MirroredStreams } from '../backup/create-backup.js';
import type { StreamInBackup } from '../backup/manifest.js';
import { type Restored, restoreBackup } from '../backup/restore-backup.js';
import { RestoreSupersededError } from '../backup/restore-mark.js';
import { planRestore, type RestorePlan } from '../backup/restore-plan.js';
import { longestTimeoutMs } from '../config/retention.js';
import type { Actor } from '../dead-letters/letter-action.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf, topologyOf } from '../topology.js';
import { isPrimaryThere } from './primary.js';
import { copiedHere, type Mirror, readStandby, type Standby } from './read-standby.js';

export type TakeOverPlan = Standby & {
  /** It answers over the link. Where it does not it may serve all the same. */
  readonly isPrimaryThere: boolean;
  /** Whatever the primary stored before is known here, as far as these servers have heard since they started. */
  readonly until: Date | undefined;
  /** The latest deadline of a request of the primary, where it is still to come: until then a worker there may begin it. */
  readonly mayRunUntil: Date | undefined;
  /** What an earlier take-over, which stopped half-way, had saved: it is gone on with. */
  readonly resumed: CreatedBackup | undefined;
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

export type PlanOptions = {
  /** Where the backup of the mirrors is to be put, or was by an earlier try that stopped. */
  readonly folder?: string;
  /** Somebody has seen to it that nothing of the primary serves, or will. */
  readonly isPrimaryStopped?: boolean;
};

/**
 * Changes nothing.
 *
 * @throws NotConnectedError; Error that says who may, where these credentials may not ask
 */
export async function planTakeOver(
  bridge: Pick<NatsBridge, 'config' | 'connection'>,
  { folder, isPrimaryStopped = false }: PlanOptions = {},
): Promise<TakeOverPlan> {
  const standby = await readStandby(bridge);
  const { mirrors, unfinished } = standby;
  const resumed = unfinished && (await savedBefore(folder, unfinished.backup));
  const primary = resumed?.manifest.mirrorOf ?? standby.primary;
  const problems = resumed === undefined ? [...standby.problems] : [];
  const isThere = primary !== undefined && (await isPrimaryThere(bridge.connection, primary));
  // What is half restored says nothing of it any more.
  const behind = resumed === undefined ? mirrors.filter(({ lag }) => lag > 0) : [];
  const until = resumed === undefined ? knownUntil(mirrors) : new Date(resumed.manifest.begunAt);
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
  const mayRunUntil = problems.length === 0 ? await latestDeadline(bridge) : undefined;
  return { ...standby, primary, problems, isPrimaryThere: isThere, until, mayRunUntil, resumed };
}

/** @returns undefined where the folder does not have it, or it is of no take-over */
async function savedBefore(
  folder: string | undefined,
  id: string | undefined,
): Promise<CreatedBackup | undefined> {
  if (folder === undefined || id === undefined) return undefined;
  const path = join(folder, id);
  const manifest = await readBackup(path).catch(() => undefined);
  return manifest?.mirrorOf === undefined ? undefined : { path, manifest, notes: [] };
}

/** @returns undefined where all of them have passed, or the archive is not there */
async function latestDeadline({
  config,
  connection,
}: Pick<NatsBridge, 'config' | 'connection'>): Promise<Date | undefined> {
  const archive = archiveNameOf(config);
  if ((await streamInfo(connection, archive)) === undefined) return undefined;
  const since = new Date(Date.now() - longestTimeoutMs(config));
  let latest = Date.now();
  for await (const { headers } of storedMessages(connection, archive, { since }))
    latest = Math.max(latest, deadlineIn(headers));
  return latest > Date.now() ? new Date(latest) : undefined;
}

/** Servers that started since the primary was last heard know of its messages, and not how many were still to come. */
function knownUntil(mirrors: readonly Mirror[]): Date | undefined {
  const isHeard = mirrors.every(({ silentMs }) => silentMs !== undefined);
  const times = mirrors.map(({ until, newest }) => (isHeard ? until : newest)?.getTime());
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) return undefined;
  return new Date(isHeard ? Math.min(...known) : Math.max(...known));
}

/**
 * @param plan without problems
 * @throws RestoreSupersededError when another has begun since; Error where streams cannot be saved or restored, and says
 *   how far it came
 */
export async function takeOver(
  bridge: NatsBridge,
  { primary, mirrors, until, problems, resumed, isPrimaryThere: isThere }: TakeOverPlan,
  { folder, tool, actor, onSaved, onRestored }: TakeOverOptions,
): Promise<TakenOver> {
  if (problems.length > 0 || until === undefined || primary === undefined)
    throw new Error(`this region cannot take over: ${problems.join('; ')}`);
  const backup =
    resumed ??
    (await createBackup(bridge, {
      folder,
      tool,
      onSaved,
      mirrored: await mirroredStreams(bridge, { primary, until }),
    }));
  const replaceable = mirrors.map(({ stream }) => stream);
  const plan = await planRestore(bridge, backup.path, { replaceable });
  await assertAsBefore(bridge, plan, { mirrors, primary, isResumed: resumed !== undefined });
  if (plan.problems.length > 0) return { backup, plan, restored: undefined };
  const what = { primary, answered: isThere ? 'yes' : 'no', ...(resumed === undefined && lagsOf(mirrors)) };
  const restored = await restoreBackup(bridge, plan, {
    actor,
    audited: { action: 'take_over', what },
    onRestored,
  });
  return { backup, plan, restored };
}

/** The backup took its time. @throws RestoreSupersededError when somebody else has begun meanwhile, or is done */
async function assertAsBefore(
  { connection }: Pick<NatsBridge, 'connection'>,
  { isUnfinished }: RestorePlan,
  {
    mirrors,
    primary,
    isResumed,
  }: Pick<TakeOverPlan, 'mirrors' | 'primary'> & { readonly isResumed: boolean },
): Promise<void> {
  if (isUnfinished !== isResumed) throw new RestoreSupersededError();
  if (isResumed) return;
  for (const { stream } of mirrors)
    if ((await copiedHere(connection, stream)) !== primary) throw new RestoreSupersededError();
}

function lagsOf(mirrors: TakeOverPlan['mirrors']): Readonly<Record<string, number>> {
  return Object.fromEntries(mirrors.filter(({ lag }) => lag > 0).map(({ stream, lag }) => [stream, lag]));
}

/** What the streams are where they take requests: as a bridge of this configuration makes them. */
async function mirroredStreams(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  { primary, until }: Pick<MirroredStreams, 'primary' | 'until'>,
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
  return { primary, until, configOf, workStream: { config: work, lastSeq: await lastRequest() } };

  /** The work stream is not mirrored; its newest request that the archive has a copy of says how far it had come. */
  async function lastRequest(): Promise<number> {
    const archive = archiveNameOf(config);
    const { lastSeq } = await streamState(connection, archive);
    const newest = await storedMessage(connection, archive, lastSeq);
    return newest === undefined ? 0 : originSeqOf(newest.headers);
  }
}
