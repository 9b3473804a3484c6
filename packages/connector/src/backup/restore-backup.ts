/**
 * Brings the streams of a backup back, but for what could be executed: the work stream is made anew, without a request,
 * and what was open becomes a doubt that a person settles (docs/backup.md).
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import {
  askJetStream,
  keepPastTimeToLive,
  managerOf,
  PermissionDeniedError,
  restoreStream,
  type SavedStream,
  saysNoStream,
  withFewerReplicas,
} from '@nats-bridge/messaging';
import { RESTORE_STREAM } from '@nats-bridge/protocol';
import { JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import { type AuditedAct, writeAudit } from '../audit/audit.js';
import type { Actor } from '../dead-letters/letter-action.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import { ownerOnly } from './create-backup.js';
import type { StreamInBackup } from './manifest.js';
import { type Doubts, markDoubts } from './mark-doubts.js';
import { holdRequests, RestoreSupersededError } from './restore-mark.js';
import { lookAt, type RestorePlan } from './restore-plan.js';
import { whoIsThere } from './who-is-there.js';

export type RestoreOptions = {
  readonly actor: Actor;
  /** What it is written down as, and with what besides. Default: `restore`. */
  readonly audited?: Pick<AuditedAct, 'action' | 'what'>;
  /** A stream is back. */
  readonly onRestored?: (stream: StreamInBackup) => void;
};

export type Restored = {
  readonly doubts: Doubts;
  /** What is not as it was, or has to be looked at. */
  readonly notes: readonly string[];
};

/**
 * Sequences of the new work stream begin so far behind those of the old one: an acknowledgement or an answer that comes
 * late, of a request sent after the backup, then names none of the new ones.
 */
const SEQUENCE_GAP = 1_000_000_000;

/** In bytes: a part has room in a message of any usual server. */
const READ_BYTES = 65_536;

/**
 * Whatever it stops at, no bridge begins before it was run again to its end.
 *
 * @param plan without problems
 * @throws RestoreSupersededError when another has begun since; Error that says which streams are back already, when one
 *   cannot be
 */
export async function restoreBackup(
  bridge: NatsBridge,
  { path, manifest, isUnfinished, asSeen, replaced, problems }: RestorePlan,
  { actor, audited = { action: 'restore', what: {} }, onRestored = () => {} }: RestoreOptions,
): Promise<Restored> {
  if (problems.length > 0) throw new Error(`${path} cannot be restored: ${problems.join('; ')}`);
  const { config, connection, auditSigner } = bridge;
  const manager = await managerOf(connection);
  const work = manifest.workStream.config as unknown as StreamConfig;
  const notes: string[] = [];
  const back: string[] = [];
  try {
    if ((await lookAt(connection, manifest)) !== asSeen) throw new RestoreSupersededError();
    // Also where it is not there: who may not restore is told before anything is made.
    if (!isUnfinished) await remove(work.name);
    const held = await holdRequests(connection, manager, work, {
      backup: manifest.id,
      isHeld: isUnfinished,
    });
    for (const stream of new Set([work.name, ...replaced])) {
      await held.assertMine();
      await remove(stream);
    }
    for (const stream of manifest.streams) {
      await held.assertMine();
      const isArchive = stream.config.name === archiveNameOf(config);
      // It looks for its source as soon as it is there.
      if (isArchive) notes.push(...(await makeWorkStream()));
      const saved = { config: stream.config, state: stream.state } as unknown as SavedStream;
      const file = () => createReadStream(join(path, stream.file), { highWaterMark: READ_BYTES });
      const read = () => (isArchive ? keepPastTimeToLive(file()) : file());
      notes.push(
        ...(await restoreStream(connection, saved, read)).map((note) => `${saved.config.name}: ${note}`),
      );
      back.push(saved.config.name);
      onRestored(stream);
    }
    await held.assertMine();
    const doubts = await markDoubts(bridge);
    const { id: backup, begunAt: until, mirrorOf: primary } = manifest;
    const what = { ...(primary && { primary }), ...audited.what, backup, until, ...doubts };
    await held.assertMine();
    await writeAudit(connection, { action: audited.action, ...actor, what }, auditSigner);
    for (const somebody of await whoIsThere(connection, config))
      notes.push(
        `${somebody} came while streams were restored. Who started meanwhile has waited; where one ran on from before, stop it, delete the streams and begin again, unless you know that it did nothing`,
      );
    await held.assertMine();
    await releaseRequests();
    return { doubts, notes };
  } catch (error) {
    throw error instanceof RestoreSupersededError ? error : stoppedAt(error, back);
  }

  async function remove(stream: string): Promise<void> {
    try {
      await askJetStream(connection, `STREAM.DELETE.${stream}`, {});
    } catch (error) {
      if (!saysNoStream(error)) throw error;
    }
  }

  /** Under its name alone: its subjects are held until all is done. */
  async function makeWorkStream(): Promise<readonly string[]> {
    const first_seq = manifest.workStream.lastSeq + 1 + SEQUENCE_GAP;
    const wanted = { ...work, subjects: [work.name], first_seq };
    const made = await withFewerReplicas<StreamConfig>(wanted, async (attempt) => {
      const { config } = await manager.streams.add(attempt as StreamConfig);
      return config;
    });
    back.push(work.name);
    return made.notes.map((note) => `${work.name}: ${note}`);
  }

  /** In between, a bridge that begins gives the work stream its subjects as well as this does. */
  async function releaseRequests(): Promise<void> {
    await remove(RESTORE_STREAM);
    await manager.streams.update(work.name, { subjects: work.subjects });
  }
}

function stoppedAt(error: unknown, back: readonly string[]): Error {
  const cause = error instanceof PermissionDeniedError ? ownerOnly(error, 'restores') : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  const done =
    back.length === 0
      ? 'nothing was restored'
      : `restored so far: ${back.join(', ')}; keep bridges and workers stopped, and run it again: until then no bridge begins`;
  const what = error instanceof JetStreamApiError ? 'NATS refuses to restore a stream: ' : '';
  return new Error(`${what}${why}. ${done[0]?.toUpperCase()}${done.slice(1)}`, { cause });
}
