/** How far back an archive can be relied on: what is not in it may have been dropped, or never have come. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { originSeqOf } from './origin.js';
import { firstFrom, firstSeqSince } from './stored-messages.js';

export type ArchiveQuestion = {
  readonly archive: string;
  /** What it copies. */
  readonly source: string;
  readonly since: Date;
  /** How far the clocks of those who say when something happened may be apart. */
  readonly clocksMs: number;
};

/**
 * Whether an archive has whatever its source has stored since a time, up to now: nothing of it was dropped to make
 * room, nothing left the source uncopied, and neither stream was made in between.
 */
export async function hasAllSince(connection: Connection, question: ArchiveQuestion): Promise<boolean> {
  const { source, archive, since, clocksMs } = question;
  const manager = await managerOf(connection);
  const [from, to] = await Promise.all([source, archive].map((stream) => manager.streams.info(stream)));
  if (from === undefined || to === undefined) return false;
  if ([from, to].some(({ created }) => new Date(created) > since)) return false;
  const last = await lastOnceCopied(manager, archive, from.state.last_seq);
  if (last === undefined) return false;
  const earlier = new Date(since.getTime() - clocksMs);
  const first = await firstSeqSince(manager, archive, { ...to.state, last_seq: last.seq }, earlier);
  const before = await placeOf(manager, archive, first - 1);
  // As many copies as originals.
  return before !== undefined && last.originSeq - before.originSeq === last.seq - before.seq;
}

/** Whether an archive has whatever its source holds now; waits a moment for what is on its way. */
export async function isCaughtUp(
  connection: Connection,
  { source, archive }: Pick<ArchiveQuestion, 'source' | 'archive'>,
): Promise<boolean> {
  const manager = await managerOf(connection);
  const { state } = await manager.streams.info(source);
  return state.messages === 0 || (await lastOnceCopied(manager, archive, state.last_seq)) !== undefined;
}

/** A copy, and where its original stood. */
type CopyPlace = { readonly seq: number; readonly originSeq: number };

const START: CopyPlace = { seq: 0, originSeq: 0 };

/** @returns undefined when the archive has it no longer */
async function placeOf(
  manager: JetStreamManager,
  archive: string,
  seq: number,
): Promise<CopyPlace | undefined> {
  if (seq < 1) return START;
  const copy = await firstFrom(manager, archive, seq);
  return copy?.seq === seq ? { seq, originSeq: originSeqOf(copy.headers) } : undefined;
}

/** Copies come within milliseconds. */
const COPIED_WITHIN_MS = 1_000;
const LOOK_AGAIN_MS = 20;

/** The last copy there is, once that of an original or of a later one is there; undefined if that takes too long. */
async function lastOnceCopied(
  manager: JetStreamManager,
  archive: string,
  originSeq: number,
): Promise<CopyPlace | undefined> {
  const until = Date.now() + COPIED_WITHIN_MS;
  do {
    const { state } = await manager.streams.info(archive);
    const last = await placeOf(manager, archive, state.last_seq);
    if (last !== undefined && last.originSeq >= originSeq) return last;
    await sleep(LOOK_AGAIN_MS);
  } while (Date.now() < until);
  return undefined;
}
