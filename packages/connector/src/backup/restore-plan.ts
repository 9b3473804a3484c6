/** Whether a backup may be restored into a server, and what it would mean. Changes nothing. */
import { type Connection, isVersionAtLeast, streamInfo } from '@nats-bridge/messaging';
import { retentionOf } from '../config/retention.js';
import type { NatsBridge } from '../nats-bridge.js';
import type { BackupManifest } from './manifest.js';
import { isRestoreUnfinished } from './restore-mark.js';
import { streamsLeftOut, streamsToSave } from './saved-streams.js';
import { type BackupReport, verifyBackup } from './verify-backup.js';
import { whoIsThere } from './who-is-there.js';

export type RestorePlan = {
  readonly path: string;
  readonly manifest: BackupManifest;
  /** An earlier try stopped: what it brought back, and nobody can have used, is brought back anew. */
  readonly isUnfinished: boolean;
  /** The streams that are there as they were looked at: by a restore in between they are others. */
  readonly asSeen: string;
  /** Streams that are there, and empty, of that try, or to be replaced: they are deleted before. */
  readonly replaced: readonly string[];
  /** Why it may not be restored; each says what to do. */
  readonly problems: readonly string[];
};

/** The first sequence of a stream can be chosen from here on. */
const LEAST_SERVER = '2.10.0';

/**
 * @param replaceable streams that may be deleted with what they hold, because the backup has it
 * @throws Error when it is no backup; NotConnectedError
 */
export async function planRestore(
  bridge: NatsBridge,
  path: string,
  { replaceable = [] }: { readonly replaceable?: readonly string[] } = {},
): Promise<RestorePlan> {
  const report = await verifyBackup(path);
  const { manifest } = report;
  const { connection } = bridge;
  const { info } = await connection.get();
  const isUnfinished = await isRestoreUnfinished(connection);
  const restored = streamsIn(manifest);
  const asSeen = await lookAt(connection, manifest);
  const replaced: string[] = [];
  const full: string[] = [];
  const others = streamsLeftOut(bridge.config).filter(({ mayStay }) => !mayStay);
  for (const stream of new Set([...restored, ...others.map(({ stream }) => stream)])) {
    const messages = (await streamInfo(connection, stream))?.state.messages;
    if (messages === undefined) continue;
    const isRestored = restored.includes(stream);
    const mayGo = (isUnfinished && isRestored) || replaceable.includes(stream);
    if (messages > 0 && !mayGo)
      full.push(`${stream} (${messages} ${messages === 1 ? 'message' : 'messages'})`);
    else if (isRestored) replaced.push(stream);
  }
  const problems = [...problemsOf(report, bridge)];
  const version = info?.version ?? '';
  if (!isVersionAtLeast(version, LEAST_SERVER))
    problems.push(
      `nats-server ${version} cannot begin a stream at a sequence of our choice: restore into ${LEAST_SERVER} or newer`,
    );
  const [major, minor] = manifest.server.version.split('.');
  if (!isVersionAtLeast(version, `${major}.${minor}`))
    problems.push(
      `it is of nats-server ${manifest.server.version}, whose archives an older one may not read, and this is ${version}: restore into ${major}.${minor} or newer`,
    );
  if (full.length > 0)
    problems.push(
      `there are messages already in ${full.join(', ')}: nothing is written over them. Restore into a server without them; where they are not wanted any more, back them up and delete those streams (nats stream rm), as the owner of nats-auth/keys`,
    );
  for (const somebody of await whoIsThere(connection, bridge.config))
    problems.push(
      `${somebody} are connected, and would go on with what they knew before: stop every bridge and every worker, and keep them stopped until this is done`,
    );
  return { path, manifest, isUnfinished, asSeen, replaced, problems };
}

function streamsIn({ workStream, streams }: BackupManifest): readonly string[] {
  return [workStream, ...streams].map(({ config }) => config.name);
}

/** @returns which streams of the backup there are, and which they are, in one text */
export async function lookAt(connection: Connection, manifest: BackupManifest): Promise<string> {
  const seen: string[] = [];
  for (const stream of streamsIn(manifest)) {
    const info = await streamInfo(connection, stream);
    if (info !== undefined) seen.push(`${stream} of ${info.created}`);
  }
  return seen.join(', ');
}

function* problemsOf({ manifest, problems }: BackupReport, bridge: NatsBridge): Iterable<string> {
  const { jetstream } = bridge.config;
  for (const { stream, why } of problems)
    yield `${stream}: ${why}. Take another copy of this backup, or an older one`;
  const work = manifest.workStream.config.name;
  if (work !== jetstream.stream_name)
    yield `it is of a bridge whose requests are in ${work}, and here they are in ${jetstream.stream_name} (nats_bridge.jetstream.stream_name): use that bridge's configuration`;
  if (manifest.givenUpTo !== undefined)
    yield `it is of a region that gave its streams up to region ${manifest.givenUpTo}: what that one has charged since would be charged again. To look into it, restore it elsewhere with the NATS command line`;
  const held = manifest.streams.map(({ config }) => config.name);
  const wanted = streamsToSave(bridge.config).map(({ stream }) => stream);
  for (const stream of wanted) if (!held.includes(stream)) yield `it has no ${stream}: take another backup`;
  for (const stream of held)
    if (!wanted.includes(stream))
      yield `it holds ${stream}, which this version does not bring back: use the version that made it (${manifest.tool})`;
  const ageMs = Date.now() - Date.parse(manifest.begunAt);
  const { requests, archive, ledger } = retentionOf(bridge.config);
  if (ageMs > Math.max(requests, archive, ledger))
    yield `it is older than anything of a payment is kept (nats_bridge.jetstream.max_age, archive_max_age, ledger_max_age): streams let go of all that it holds. Take a newer one; to look into this one, restore it elsewhere with the NATS command line`;
  if (manifest.isAuditSigned && bridge.auditSigner === undefined)
    yield 'its audit is signed, and this configuration has no key for it: the entry of the restore would not verify. Set nats_bridge.audit.seed_file';
}
