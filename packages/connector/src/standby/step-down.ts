/**
 * A region that another one has taken over from gives its streams up: what they call open may be settled there, and what
 * they do not know is charged there. They are saved, and mirrors of the region that serves stand in their place.
 */
import {
  applyTopology,
  askJetStream,
  PermissionDeniedError,
  saysDenied,
  saysNoStream,
  saysNothingThere,
  storedMessages,
  streamInfo,
  type TopologyChange,
} from '@nats-bridge/messaging';
import {
  AUDIT_STREAM,
  type AuditEntry,
  auditSubject,
  parseRecord,
  parseRecordSubject,
  RECORD_STREAM,
  type RecordState,
} from '@nats-bridge/protocol';
import { parseEntry } from '../audit/read-audit.js';
import { listBackups } from '../backup/backup-folder.js';
import { type CreatedBackup, createBackup, ownerOnly } from '../backup/create-backup.js';
import type { StreamInBackup } from '../backup/manifest.js';
import { isRestoreUnfinished } from '../backup/restore-mark.js';
import { streamsLeftOut, streamsToSave } from '../backup/saved-streams.js';
import { whoIsThere } from '../backup/who-is-there.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import { mirrorsOf } from './mirrors.js';
import { domainHere, isPrimaryThere, managerOfDomain } from './primary.js';
import { domainCopied } from './read-standby.js';

/** What this region recorded after the other one had copied it last: the other one may not know of it. */
export type Unheard = {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly state: RecordState;
  readonly at: Date;
};

export type StepDownPlan = {
  /** JetStream domain of the region that serves. */
  readonly successor: string;
  /** When it took over from this one, as its audit says. */
  readonly takenOverAt: string | undefined;
  /** Until when it knew what was stored here. */
  readonly until: Date | undefined;
  /** Streams of the time when this region served, with their messages: they go. */
  readonly stale: readonly { readonly stream: string; readonly messages: number }[];
  /** An earlier try saved them, and stopped. */
  readonly isSaved: boolean;
  readonly unheard: readonly Unheard[];
  /** Why it may not step down; each says what to do. */
  readonly problems: readonly string[];
};

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
 * Changes nothing.
 *
 * @param folder where the backup is to be put, or was by an earlier try that stopped
 * @throws NotConnectedError; Error that says who may, where these credentials may not ask
 */
export async function planStepDown(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  successor: string,
  folder: string,
): Promise<StepDownPlan> {
  const here = await domainHere(connection);
  const problems: string[] = [];
  const stale: { stream: string; messages: number }[] = [];
  const copies = new Map<string, string>();
  for (const { stream } of [
    ...streamsLeftOut(config).filter(({ mayStay }) => !mayStay),
    ...streamsToSave(config),
  ]) {
    const info = await streamInfo(connection, stream);
    if (info === undefined) continue;
    const primary = domainCopied(info);
    if (primary === undefined) stale.push({ stream, messages: info.state.messages });
    else copies.set(stream, primary);
  }
  if (here === successor)
    problems.push(
      `these are the servers of the domain ${successor} itself: name those of the other region with --nats or nats_bridge.base_url`,
    );
  const wrong = [...copies].filter(([, primary]) => primary !== successor);
  if (wrong.length > 0)
    problems.push(
      `${wrong.map(([stream, primary]) => `${stream} copies region ${primary}`).join(', ')}: delete it (nats stream rm), and begin again`,
    );
  if (await isRestoreUnfinished(connection))
    problems.push(
      'a restore stopped half-way here, or goes on: delete its mark, too, where it is given up (nats stream rm RESTORE)',
    );
  // What was in hand when this region was lost still is, whoever had it.
  for (const somebody of await whoIsThere(connection, config, { countsInHand: false }))
    problems.push(
      `${somebody} are connected here, and serve with what this region knew: stop every bridge and every worker of it, for good`,
    );
  const entry = problems.length === 0 ? await takenOver() : undefined;
  const until = typeof entry?.what.until === 'string' ? new Date(entry.what.until) : undefined;
  const archive = archiveNameOf(config);
  const isLeftOver = hasMessages(stale) && !stale.some(({ stream }) => stream === archive);
  const isSaved = entry !== undefined && isLeftOver && (await wasSaved(folder, successor, entry.at));
  if (entry !== undefined && isLeftOver && !isSaved)
    problems.push(
      `${archive} is gone already, and ${folder} has no backup of what was here: name the folder that the earlier try was given. Where there is none, back up what is left of the streams yourself (nats stream backup), and delete them (nats stream rm)`,
    );
  const hasRecords = stale.some(({ stream }) => stream === RECORD_STREAM);
  return {
    successor,
    takenOverAt: entry?.at,
    until,
    stale,
    isSaved,
    unheard: hasRecords && until !== undefined ? await recordedSince(until) : [],
    problems,
  };

  /** Nothing but the other region's own word: two regions that serve look alike from here. */
  async function takenOver(): Promise<AuditEntry | undefined> {
    if (!(await isPrimaryThere(connection, successor))) {
      problems.push(
        `no JetStream of a domain ${successor} answers here: is the leaf node connection up, and is that its domain?`,
      );
      return undefined;
    }
    const entry = await newestTakeOver();
    if (entry?.what.primary === here) return entry;
    problems.push(
      entry === undefined
        ? `the audit of region ${successor} has no take-over of region ${here}: this one serves as far as anybody knows. Nothing of it is given up`
        : `the newest take-over in the audit of region ${successor} is of region ${entry.what.primary}, and this is ${here}: nothing of it is given up`,
    );
    return undefined;
  }

  /** One that was finished by a restore is audited as that. */
  async function newestTakeOver(): Promise<AuditEntry | undefined> {
    const manager = await managerOfDomain(connection, successor);
    let newest: { readonly seq: number; readonly entry: AuditEntry } | undefined;
    for (const action of ['take_over', 'restore']) {
      const found = await manager.streams
        .getMessage(AUDIT_STREAM, { last_by_subj: auditSubject(action) })
        .catch((error: unknown) => {
          if (saysNothingThere(error)) return null;
          if (!saysDenied(error)) throw error;
          const subject = `$JS.${successor}.API.STREAM.MSG.GET.${AUDIT_STREAM}`;
          throw ownerOnly(new PermissionDeniedError('publish', subject, { cause: error }), 'mirrors');
        });
      if (found === null || found.seq < (newest?.seq ?? 0)) continue;
      const entry = parseEntry(found.string());
      if (entry?.what.primary !== undefined) newest = { seq: found.seq, entry };
    }
    return newest?.entry;
  }

  async function recordedSince(since: Date): Promise<readonly Unheard[]> {
    const newest = new Map<string, Unheard>();
    for await (const { subject, headers, seq, storedAt } of storedMessages(connection, RECORD_STREAM, {
      since,
    })) {
      const named = parseRecordSubject(subject);
      if (named === undefined) continue;
      const { state } = parseRecord(headers, seq, storedAt.getTime());
      newest.set(subject, { ...named, state, at: storedAt });
    }
    return [...newest.values()];
  }
}

function hasMessages(stale: StepDownPlan['stale']): boolean {
  return stale.some(({ messages }) => messages > 0);
}

/** The archive is the first to go, once everything is saved. */
async function wasSaved(folder: string, successor: string, takenOverAt: string): Promise<boolean> {
  const entries = await listBackups(folder).catch(() => []);
  return entries.some(
    (entry) =>
      'manifest' in entry &&
      entry.manifest.givenUpTo === successor &&
      Date.parse(entry.manifest.begunAt) > Date.parse(takenOverAt),
  );
}

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
