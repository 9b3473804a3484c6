/** What stepping down would give up, and why a region may not: nothing is changed. */
import { type Connection, storedMessages, streamInfo } from '@nats-bridge/messaging';
import {
  type AuditEntry,
  parseRecord,
  parseRecordSubject,
  RECORD_STREAM,
  type RecordState,
} from '@nats-bridge/protocol';
import { listBackups } from '../backup/backup-folder.js';
import { isRestoreUnfinished } from '../backup/restore-mark.js';
import { streamsLeftOut, streamsToSave } from '../backup/saved-streams.js';
import { whoIsThere } from '../backup/who-is-there.js';
import type { BridgeConfig } from '../config/bridge-config.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import { newestTakeOver } from './newest-take-over.js';
import { domainHere, isPrimaryThere } from './primary.js';
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

/**
 * @param folder where the backup is to be put, or was by an earlier try that stopped
 * @throws NotConnectedError; Error that says who may, where these credentials may not ask
 */
export async function planStepDown(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  successor: string,
  folder: string,
): Promise<StepDownPlan> {
  const here = await domainHere(connection);
  const { stale, copies } = await streamsHere(connection, config);
  const problems = [...wrongRegion(here, successor, copies), ...(await stillInUse(connection, config))];
  // Nothing but the other region's own word: two regions that serve look alike from here.
  const word = problems.length === 0 ? await wordOf(connection, successor, here) : undefined;
  if (word?.kind === 'none') problems.push(word.problem);
  const entry = word?.kind === 'taken_over' ? word.entry : undefined;
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
    unheard: hasRecords && until !== undefined ? await recordedSince(connection, until) : [],
    problems,
  };
}

type StreamsHere = {
  readonly stale: StepDownPlan['stale'];
  /** Streams that are mirrors, with the domain each copies. */
  readonly copies: ReadonlyMap<string, string>;
};

async function streamsHere(connection: Connection, config: BridgeConfig): Promise<StreamsHere> {
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
  return { stale, copies };
}

function wrongRegion(here: string | undefined, successor: string, copies: StreamsHere['copies']): string[] {
  const problems: string[] = [];
  if (here === successor)
    problems.push(
      `these are the servers of the domain ${successor} itself: name those of the other region with --nats or nats_bridge.base_url`,
    );
  const wrong = [...copies].filter(([, primary]) => primary !== successor);
  if (wrong.length > 0)
    problems.push(
      `${wrong.map(([stream, primary]) => `${stream} copies region ${primary}`).join(', ')}: delete it (nats stream rm), and begin again`,
    );
  return problems;
}

async function stillInUse(connection: Connection, config: BridgeConfig): Promise<string[]> {
  const problems: string[] = [];
  if (await isRestoreUnfinished(connection))
    problems.push(
      'a restore stopped half-way here, or goes on: delete its mark, too, where it is given up (nats stream rm RESTORE)',
    );
  // What was in hand when this region was lost still is, whoever had it.
  for (const somebody of await whoIsThere(connection, config, { countsInHand: false }))
    problems.push(
      `${somebody} are connected here, and serve with what this region knew: stop every bridge and every worker of it, for good`,
    );
  return problems;
}

type Word =
  | { readonly kind: 'taken_over'; readonly entry: AuditEntry }
  | { readonly kind: 'none'; readonly problem: string };

async function wordOf(connection: Connection, successor: string, here: string | undefined): Promise<Word> {
  if (!(await isPrimaryThere(connection, successor)))
    return {
      kind: 'none',
      problem: `no JetStream of a domain ${successor} answers here: is the leaf node connection up, and is that its domain?`,
    };
  const entry = await newestTakeOver(connection, successor);
  if (entry === undefined)
    return {
      kind: 'none',
      problem: `the audit of region ${successor} has no take-over of ${here === undefined ? 'servers without a domain' : `region ${here}`}: this one serves as far as anybody knows. Nothing of it is given up`,
    };
  if (entry.what.primary !== here)
    return {
      kind: 'none',
      problem: `the newest take-over in the audit of region ${successor} is of region ${entry.what.primary}, and this is ${here ?? 'none'}: nothing of it is given up`,
    };
  return { kind: 'taken_over', entry };
}

async function recordedSince(connection: Connection, since: Date): Promise<readonly Unheard[]> {
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

export function hasMessages(stale: StepDownPlan['stale']): boolean {
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
