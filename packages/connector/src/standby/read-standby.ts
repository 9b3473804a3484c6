/** How far the mirrors of a standby have come, as the server says it there. Changes nothing. */
import { type Connection, PermissionDeniedError, streamInfo } from '@nats-bridge/messaging';
import type { StreamInfo } from '@nats-io/jetstream';
import { type UnfinishedRestore, unfinishedRestore } from '../backup/restore-mark.js';
import { streamsToSave } from '../backup/saved-streams.js';
import { whoIsThere } from '../backup/who-is-there.js';
import type { BridgeConfig } from '../config/bridge-config.js';

export type Mirror = {
  readonly stream: string;
  readonly messages: number;
  readonly lastSeq: number;
  /** Messages that were still to come when the primary was last heard; 0 where it was not. */
  readonly lag: number;
  /** Since the primary was last heard; undefined: not since these servers started. An idle one is heard every few seconds. */
  readonly silentMs: number | undefined;
  /** When the primary stored the newest message that is here. */
  readonly newest: Date | undefined;
  /** Whatever was stored there before is here; undefined: nobody knows. */
  readonly until: Date | undefined;
  /** Why the server cannot go on copying, in its words. */
  readonly error: string | undefined;
};

export type Standby = {
  /** JetStream domain of the region that serves; undefined where there is no mirror. */
  readonly primary: string | undefined;
  readonly mirrors: readonly Mirror[];
  /** Streams under their names that copy nothing: of a region that serves, or did. */
  readonly own: readonly string[];
  /** A take-over or a restore stopped half-way here, or goes on: of the backup with this id, where that is known. */
  readonly unfinished: UnfinishedRestore | undefined;
  /** Why it is no standby, or a dangerous one; each says what to do. */
  readonly problems: readonly string[];
};

/** `$JS.{domain}.API` */
const DOMAIN = /^\$JS\.([^.]+)\.API$/;

function stoppedHalfWay(backup: UnfinishedRestore['backup']): string {
  return `a take-over or a restore${backup === undefined ? '' : ` of the backup ${backup}`} stopped half-way here, or goes on: where it stopped, run nats-bridge standby take-over again with the folder of its backup, which finishes it; nats-bridge backup restore with that backup does so, too`;
}

/** @throws NotConnectedError */
export async function readStandby({
  config,
  connection,
}: {
  readonly config: BridgeConfig;
  readonly connection: Connection;
}): Promise<Standby> {
  const mirrors: Mirror[] = [];
  const primaries = new Set<string>();
  const missing: string[] = [];
  const others: string[] = [];
  for (const { stream } of streamsToSave(config)) {
    const info = await streamInfo(connection, stream);
    const domain = domainCopied(info);
    if (info === undefined) missing.push(stream);
    else if (domain === undefined) others.push(stream);
    else {
      primaries.add(domain);
      mirrors.push(mirrorIn(info));
    }
  }
  // Half of them are mirrors then, and none of what is usual would help.
  const unfinished = await unfinishedRestore(connection);
  if (unfinished !== undefined)
    return {
      primary: [...primaries][0],
      mirrors,
      own: others,
      unfinished,
      problems: [stoppedHalfWay(unfinished.backup)],
    };
  const problems: string[] = [];
  if (missing.length > 0)
    problems.push(`there is no ${missing.join(', ')}: nats-bridge standby apply makes mirrors of them`);
  if (others.length > 0)
    problems.push(
      `${others.join(', ')} copy no other region: these are the servers of a region that serves, or has taken over`,
    );
  if (primaries.size > 1)
    problems.push(
      `they copy several regions (${[...primaries].join(', ')}): delete the mirrors of the wrong one (nats stream rm) and apply again`,
    );
  if (mirrors.length > 0) problems.push(...(await strangers(connection, config)));
  return { primary: [...primaries][0], mirrors, own: others, unfinished, problems };
}

/** Nobody has anything to do at a standby; whoever is heard may as well be at the primary, over a link that lets too much through. */
async function strangers(connection: Connection, config: BridgeConfig): Promise<readonly string[]> {
  const there = await whoIsThere(connection, config).catch((error: unknown) => {
    if (error instanceof PermissionDeniedError) return error;
    throw error;
  });
  if (there instanceof PermissionDeniedError)
    return [
      `whether bridges and workers are here is not known: these credentials may not ask for workers (${there.subject}). Take the operator's, the bridge's or the owner's (docs/standby.md)`,
    ];
  return there.length === 0
    ? []
    : [
        `${there.join(' and ')} are heard here. Those of this region must be stopped until it has taken over; if they are the other region's, the link carries payments, and each request would be executed in both: deny hyperswitch.> on it (docs/standby.md)`,
      ];
}

/** The same of a stream that was not looked at yet. */
export async function copiedHere(connection: Connection, stream: string): Promise<string | undefined> {
  return domainCopied(await streamInfo(connection, stream));
}

/** @returns the JetStream domain of the region of which the stream is a mirror; undefined for what is none, or not there */
export function domainCopied(info: StreamInfo | undefined): string | undefined {
  return DOMAIN.exec(info?.config.mirror?.external?.api ?? '')?.[1];
}

function mirrorIn({ config, state, mirror }: StreamInfo): Mirror {
  const { lag = 0, active = -1, error } = mirror ?? {};
  // In nanoseconds; -1 for never.
  const silentMs = active < 0 ? undefined : Math.round(active / 1_000_000);
  const newest = state.messages > 0 ? new Date(state.last_ts) : undefined;
  return {
    stream: config.name,
    messages: state.messages,
    lastSeq: state.last_seq,
    lag,
    silentMs,
    newest,
    until: silentMs !== undefined && lag === 0 ? new Date(Date.now() - silentMs) : newest,
    error: error?.description,
  };
}
