/** Copies that an archive has of its source's messages, found by the sequences of their originals. */
import type { StoredRecord } from '@nats-bridge/protocol';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { originSeqOf } from './origin.js';
import { firstFrom, firstSeqSince, nextFrom } from './stored-messages.js';

/**
 * The copy that an archive has of its source's message `originSeq`. The archive must allow direct reads.
 *
 * @param copied when, where its source was made again: sequences then come twice, and in no order
 */
export async function archivedMessage(
  connection: Connection,
  archive: string,
  originSeq: number,
  copied: { readonly since?: Date; readonly before?: Date } = {},
): Promise<StoredRecord | undefined> {
  const { since, before } = copied;
  const manager = await managerOf(connection);
  const { state } = await manager.streams.info(archive);
  let [low, high] = [state.first_seq, state.last_seq];
  if (since !== undefined) low = await firstSeqSince(manager, archive, state, since);
  if (before !== undefined) high = (await firstSeqSince(manager, archive, state, before)) - 1;
  const found = await firstCopyFrom(manager, archive, originSeq, [low, high]);
  return found !== undefined && originSeqOf(found.headers) === originSeq ? found : undefined;
}

/** Originals that are no further apart are read at once, with what lies between them. */
const NEAR = 8;

/**
 * The copies of many originals, by their sequences; those that are gone are left out. Reads no more than a few messages
 * for each, wherever they stand. The archive must allow direct reads, and its source must not have been made again.
 */
export async function archivedMessages(
  connection: Connection,
  archive: string,
  originSeqs: readonly number[],
): Promise<ReadonlyMap<number, StoredRecord>> {
  const [first, ...others] = runsOf(originSeqs);
  if (first === undefined) return new Map();
  const manager = await managerOf(connection);
  const { state } = await manager.streams.info(archive);
  const range: Range = [state.first_seq, state.last_seq];

  /** @param shift how far copies were found behind their originals before */
  async function copiesOf(run: Run, shift: number): Promise<readonly StoredRecord[]> {
    const span = run.last - run.first + 1;
    const read = (seq: number) => nextFrom(connection, manager, archive, { seq, atMost: span });
    let batch = await read(within(run.first + shift, range));
    if (originOf(batch[0]) !== run.first) {
      const start = await firstCopyFrom(manager, archive, run.first, range, shift);
      batch = start === undefined ? [] : await read(start.seq);
    }
    const copies: StoredRecord[] = [];
    for (let last = batch.at(-1); last !== undefined; last = batch.at(-1)) {
      copies.push(...batch);
      const isAll = copies.length >= span || originOf(last) >= run.last || last.seq >= state.last_seq;
      batch = isAll ? [] : await read(last.seq + 1);
    }
    return copies;
  }

  const copies = await copiesOf(first, 0);
  const [one] = copies;
  const shift = one === undefined ? 0 : one.seq - originOf(one);
  const rest = await Promise.all(others.map((run) => copiesOf(run, shift)));
  const wanted = new Set(originSeqs);
  const found = [...copies, ...rest.flat()].map((copy) => [originOf(copy), copy] as const);
  return new Map(found.filter(([originSeq]) => wanted.has(originSeq)));
}

type Run = { readonly first: number; last: number };

/** What is wanted in one read, in ascending order. */
function runsOf(seqs: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  for (const seq of seqs.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && seq - run.last <= NEAR) run.last = seq;
    else runs.push({ first: seq, last: seq });
  }
  return runs;
}

/** First and last sequence of the archive. */
type Range = readonly [low: number, high: number];

/**
 * The first copy of `originSeq` or of a later message. Copies come in the order of their originals, so the place is
 * guessed, and the guess mended by what is found there.
 */
async function firstCopyFrom(
  manager: JetStreamManager,
  archive: string,
  originSeq: number,
  range: Range,
  shift = 0,
): Promise<StoredRecord | undefined> {
  let [low, high] = range;
  let next: StoredRecord | undefined;
  let guess = within(originSeq + shift, range);
  while (low <= high) {
    const found = await firstFrom(manager, archive, guess);
    const origin = originOf(found);
    if (found !== undefined && origin === originSeq) return found;
    if (found === undefined || origin > originSeq) {
      high = guess - 1;
      next = found ?? next;
    } else low = found.seq + 1;
    const mended = guess + originSeq - origin;
    guess = mended >= low && mended <= high ? mended : Math.floor((low + high) / 2);
  }
  return next;
}

function originOf(copy: StoredRecord | undefined): number {
  return copy === undefined ? 0 : originSeqOf(copy.headers);
}

function within(seq: number, [low, high]: Range): number {
  return Math.max(low, Math.min(seq, high));
}
