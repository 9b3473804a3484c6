/** Saves the streams of the bridge into a folder, while payments go on. */
import { createHash } from 'node:crypto';
import {
  isCaughtUp,
  managerOf,
  PermissionDeniedError,
  type SavedStream,
  saveStream,
  saysNoStream,
} from '@nats-bridge/messaging';
import type { StreamConfig } from '@nats-io/jetstream';
import { isAuditSigned } from '../audit/read-audit.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import { backupId, beginBackup, type NewBackup } from './backup-folder.js';
import {
  ABOUT_FILE,
  archivePath,
  type BackupManifest,
  MANIFEST_FILE,
  type StreamInBackup,
} from './manifest.js';
import { type StreamToSave, streamsLeftOut, streamsToSave } from './saved-streams.js';

export type CreateOptions = {
  /** Where backups lie; made where it is missing. */
  readonly folder: string;
  /** Name and version of the program. */
  readonly tool: string;
  /** A stream is saved. */
  readonly onSaved?: (stream: StreamInBackup) => void;
  /** Where the streams here are mirrors: the backup is then as one of the region that they copy. */
  readonly mirrored?: MirroredStreams;
  /** JetStream domain of the region that has taken over: what is saved may be looked into, and never serves again. */
  readonly givenUpTo?: string;
};

export type MirroredStreams = {
  /** JetStream domain of the region that they copy. */
  readonly primary: string;
  /** What was stored before is in all of them. */
  readonly until: Date;
  /** As they are where they are no mirrors. */
  configOf(stream: string): StreamConfig;
  readonly workStream: { readonly config: StreamConfig; readonly lastSeq: number };
};

export type CreatedBackup = {
  readonly path: string;
  readonly manifest: BackupManifest;
  /** What has to be looked at. */
  readonly notes: readonly string[];
};

/**
 * @throws Error when a stream is missing or cannot be saved, and then leaves nothing behind; PermissionDeniedError;
 * NotConnectedError
 */
export async function createBackup(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  { folder, tool, onSaved = () => {}, mirrored, givenUpTo }: CreateOptions,
): Promise<CreatedBackup> {
  const { info } = await connection.get();
  const begunAt = new Date();
  const backup = await beginBackup(folder, backupId(begunAt));
  try {
    const source = config.jetstream.stream_name;
    const archive = archiveNameOf(config);
    const isComplete = () => mirrored !== undefined || isCaughtUp(connection, { source, archive });
    const streams: StreamInBackup[] = [];
    const notes: string[] = [];
    for (const wanted of streamsToSave(config)) {
      if (wanted.stream === archive && !(await isComplete()))
        notes.push(
          `${archive} is behind ${source}: what it has not copied yet is not known after a restore. See nats-bridge doctor, and back up again`,
        );
      const saved = await saveInto(backup, wanted);
      streams.push(saved);
      onSaved(saved);
    }
    const work = mirrored?.workStream ?? (await workStreamHere());
    const manifest: BackupManifest = {
      format: 1,
      id: backup.id,
      begunAt: (mirrored?.until ?? begunAt).toISOString(),
      endedAt: new Date().toISOString(),
      tool,
      server: { version: info?.version ?? 'unknown' },
      mirrorOf: mirrored?.primary,
      givenUpTo,
      isSealed: config.sealing !== undefined,
      isAuditSigned: await isAuditSigned(connection),
      workStream: { config: { ...work.config }, lastSeq: work.lastSeq },
      streams,
      leftOut: streamsLeftOut(config).map(({ stream, why }) => ({ stream, why })),
    };
    await writeWhole(backup, MANIFEST_FILE, manifest);
    return { path: await backup.finish(), manifest, notes };
  } catch (error) {
    await backup.giveUp();
    throw error;
  }

  async function workStreamHere(): Promise<MirroredStreams['workStream']> {
    const manager = await managerOf(connection);
    const { config: work, state } = await manager.streams.info(config.jetstream.stream_name);
    return { config: work, lastSeq: state.last_seq };
  }

  async function saveInto(into: NewBackup, { stream, withConsumers }: StreamToSave): Promise<StreamInBackup> {
    const path = archivePath(stream);
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await into.create(path);
    try {
      const saved = await saveStream(connection, stream, {
        withConsumers,
        async write(part) {
          hash.update(part);
          bytes += part.byteLength;
          await file.write(part);
        },
      });
      const { state } = saved;
      const config = mirrored?.configOf(stream) ?? saved.config;
      await writeWhole(into, `${stream}/${ABOUT_FILE}`, { config, state } satisfies SavedStream);
      return { config: { ...config }, state: { ...state }, file: path, bytes, sha256: hash.digest('hex') };
    } catch (error) {
      throw explained(error, stream, connection.servers);
    } finally {
      await file.close();
    }
  }
}

/** Says what to do about what often happens. */
function explained(error: unknown, stream: string, servers: readonly string[]): unknown {
  if (error instanceof PermissionDeniedError) return ownerOnly(error, 'saves');
  if (saysNoStream(error))
    return new Error(
      `there is no stream ${stream} at ${servers.join(', ')}, so there is nothing to back up: is it the right server? A bridge makes its streams when it starts, and nats-bridge topology apply does`,
      { cause: error },
    );
  return error;
}

/** No role may do either: who could, could read every payment, or put records in the place of others. */
export function ownerOnly(
  cause: PermissionDeniedError,
  does: 'saves' | 'restores' | 'mirrors' | 'deletes',
): Error {
  return new Error(
    `NATS denies these credentials ${cause.subject}: no role ${does} streams, not even the bridge's. The owner of nats-auth/keys makes himself a user who may (docs/access.md, "What no role may")`,
    { cause },
  );
}

async function writeWhole(backup: NewBackup, path: string, json: object): Promise<void> {
  const file = await backup.create(path);
  await file.write(`${JSON.stringify(json, undefined, 2)}\n`).finally(() => file.close());
}
