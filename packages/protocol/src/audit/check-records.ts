/** Compares a stream with what the audit said of its records while they were new. Pure. */

import type { StoredRecord } from '../message/stored-record.js';
import { digestRecord, type RecordBatch, type RecordDigest } from './audit-records.js';

/** A stream as it was found, or as it was exported. */
export type StreamLook = {
  readonly stream: string;
  readonly firstSeq: number;
  readonly messages: number;
  /** When it was looked at, in milliseconds since the epoch. */
  readonly at: number;
  /** The limits that are configured, not those that the stream has: somebody may have changed them for a moment. Infinity: none. */
  readonly maxAgeMs: number;
  readonly maxMessages: number;
  readonly maxPerSubject: number;
  /** When the audit says that people had a record taken out, in milliseconds since the epoch; left out: nobody may. */
  readonly takenOutAt?: (seq: number) => readonly number[];
};

export type RecordProblem = { readonly seq: number; readonly why: string };

export type RecordReport = {
  readonly stream: string;
  readonly ok: boolean;
  /** Are as they were written down. */
  readonly same: number;
  /** Are gone as the limits of the stream want it: by age, number, or newer records of their subject. */
  readonly expired: number;
  /** Are gone because somebody dealt with them, and the audit says who. */
  readonly dealtWith: number;
  /** Are newer than the last batch, or older than the first: nothing is said of them. */
  readonly unwatched: number;
  /** The last sequence that a batch speaks of. */
  readonly to: number;
  readonly problems: readonly RecordProblem[];
};

/** The clocks of the server and of who compares may differ by so much. */
const CLOCKS_MS = 60_000;

/**
 * What counts is what the records are: a stream that was restored from a backup, sequence by sequence, is the same.
 *
 * @param batches of this stream, in the order of the chain
 */
export function checkRecords(
  batches: readonly RecordBatch[],
  look: StreamLook,
  found: Iterable<StoredRecord>,
): RecordReport {
  const present = new Map<number, RecordDigest>();
  for (const record of found) present.set(record.seq, digestRecord(look.stream, record));
  const isOld = ({ at }: RecordDigest) => at <= look.at - look.maxAgeMs + CLOCKS_MS;
  const isExpired = expiry(look, present, isOld);
  const problems = new Map<string, RecordProblem>();
  const say = (seq: number, why: string) => problems.set(`${seq} ${why}`, { seq, why });
  const [watched, same] = [new Set<number>(), new Set<number>()];
  const [expired, dealtWith] = [new Set<string>(), new Set<string>()];
  // What was written down of an earlier record in the same place says nothing of this one.
  const isTakenOut = ({ seq, at }: RecordDigest) =>
    look.takenOutAt?.(seq).some((takenOut) => takenOut >= at - CLOCKS_MS) ?? false;

  let to = 0;
  for (const batch of batches) {
    if (to > 0 && batch.from > to + 1)
      say(to + 1, `nothing was written down of it, nor of what follows to ${batch.from - 1}`);
    to = batch.to;
    for (const record of batch.records) {
      const now = present.get(record.seq);
      watched.add(record.seq);
      if (now?.hash === record.hash) same.add(record.seq);
      else if (isOld(record) || (now === undefined && isExpired(record))) expired.add(record.hash);
      else if (now === undefined && isTakenOut(record)) dealtWith.add(record.hash);
      else say(record.seq, now === undefined ? 'it was removed' : 'it is another than was written down');
    }
  }
  let unwatched = 0;
  const from = batches[0]?.from ?? 0;
  for (const seq of present.keys()) {
    if (watched.has(seq)) continue;
    if (seq > to || seq < from) unwatched++;
    else say(seq, 'it was not there when it was written down');
  }
  return {
    stream: look.stream,
    ok: problems.size === 0,
    same: same.size,
    expired: expired.size,
    dealtWith: dealtWith.size,
    unwatched,
    to,
    problems: [...problems.values()].sort((a, b) => a.seq - b.seq),
  };
}

/** Whether the stream itself may have let go of a record that is not there. */
function expiry(
  look: StreamLook,
  present: ReadonlyMap<number, RecordDigest>,
  isOld: (record: RecordDigest) => boolean,
): (record: RecordDigest) => boolean {
  const isFull = look.messages >= look.maxMessages;
  const ofSubject = new Map<string, number[]>();
  for (const { subjectTag, seq } of present.values()) {
    const seqs = ofSubject.get(subjectTag);
    if (seqs === undefined) ofSubject.set(subjectTag, [seq]);
    else seqs.push(seq);
  }
  return (record) => {
    if (isOld(record)) return true;
    if (isFull && record.seq < look.firstSeq) return true;
    const newer = (ofSubject.get(record.subjectTag) ?? []).filter((seq) => seq > record.seq);
    return newer.length >= look.maxPerSubject;
  };
}
