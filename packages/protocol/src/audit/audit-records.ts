/**
 * What the audit says of other streams: a batch has a digest of each of their records, so that one that is removed,
 * altered or moved later is found. Pure: whoever has batches and records can compare them, without NATS.
 */
import { createHash } from 'node:crypto';
import { PAST_TTL_HEADER, TTL_HEADER } from '../message/headers.js';
import type { StoredRecord } from '../message/stored-record.js';
import { DEFAULT_SUBJECT_ROOT, encodeToken } from '../subjects/subject.js';
import type { AuditEntry } from './audit-chain.js';

/** What is kept of a record. */
export type RecordDigest = {
  readonly seq: number;
  /** When the stream stored it, in milliseconds since the epoch. */
  readonly at: number;
  /** SHA-256 in base64url, over stream, sequence, subject, time, headers and body. */
  readonly hash: string;
  /** The beginning of the same over its subject: tells records of one subject, and not which. */
  readonly subjectTag: string;
};

export type RecordBatch = {
  readonly stream: string;
  /** When the stream was made, as the server says it: one that is made anew, or restored, is written down anew. */
  readonly created: string;
  /** It speaks of every sequence from here … */
  readonly from: number;
  /** … to here; those it has no digest of were not there any more. */
  readonly to: number;
  readonly records: readonly RecordDigest[];
};

const RECORDS_ACTION = 'records';
/** Who writes batches: no person. */
export const NOTARY = 'nats-bridge';

/** Two tokens behind `audit`, where what people did has one. */
export function recordBatchSubject(stream: string): string {
  return `${DEFAULT_SUBJECT_ROOT}.audit.${RECORDS_ACTION}.${encodeToken(stream)}`;
}

/** What people did, and no batches. */
export const PEOPLE_PATTERN = `${DEFAULT_SUBJECT_ROOT}.audit.*`;

const HASH_LENGTH = 43;
const TAG_LENGTH = 8;

/** Added by the server to what it reads out, and no part of what was stored. */
const ADDED_BY_READING = new Set(
  ['Stream', 'Sequence', 'Time-Stamp', 'Subject', 'Num-Pending', 'Last-Sequence', 'UpTo-Sequence'].map(
    (name) => `Nats-${name}`,
  ),
);

/** What a record was stored under, and no part of it: a mirror does not keep them. */
const CONDITION = 'Nats-Expected-';

export function digestRecord(stream: string, record: StoredRecord): RecordDigest {
  const { seq, subject, storedAt, body } = record;
  const at = storedAt.getTime();
  const headers = Object.entries(record.headers)
    .filter(([name]) => !ADDED_BY_READING.has(name) && !name.startsWith(CONDITION))
    .map(([name, value]) => [name === PAST_TTL_HEADER ? TTL_HEADER : name, value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256')
    .update(`${JSON.stringify([stream, seq, subject, at, headers])}\n`)
    .update(body)
    .digest('base64url');
  const subjectTag = createHash('sha256').update(subject).digest('base64url').slice(0, TAG_LENGTH);
  return { seq, at, hash, subjectTag };
}

/**
 * A batch as an entry of the chain. Its digests are `digest,digest,-3,digest`, where `-3` are three sequences that are
 * gone; a digest may begin with `-`, but is longer.
 *
 * @param batch its records by rising sequence
 */
export function recordBatchEntry({ stream, created, from, to, records }: RecordBatch) {
  const begin = records[0]?.at ?? 0;
  const runs: string[] = [];
  let next = from;
  const skipTo = (seq: number) => {
    if (seq > next) runs.push(`-${seq - next}`);
  };
  for (const { seq, at, hash, subjectTag } of records) {
    skipTo(seq);
    runs.push(hash + subjectTag + Math.max(0, at - begin).toString(36));
    next = seq + 1;
  }
  skipTo(to + 1);
  return {
    action: RECORDS_ACTION,
    who: NOTARY,
    why: 'so that a change of these records shows',
    what: { stream, created, from, to, count: records.length, begin, digests: runs.join(',') },
  } satisfies Omit<AuditEntry, 'at'>;
}

/** @returns undefined for an entry that is no batch, `'broken'` for one that says it is and cannot be read */
export function recordBatchOf({ action, what }: AuditEntry): RecordBatch | 'broken' | undefined {
  if (action !== RECORDS_ACTION) return undefined;
  const { stream, created, from, to, begin, digests } = what;
  if (
    typeof stream !== 'string' ||
    typeof created !== 'string' ||
    typeof from !== 'number' ||
    typeof to !== 'number' ||
    typeof begin !== 'number' ||
    typeof digests !== 'string'
  )
    return 'broken';
  const records: RecordDigest[] = [];
  let seq = from;
  for (const word of digests.split(',')) {
    const gap = /^-(\d+)$/.exec(word);
    if (gap !== null) {
      seq += Number(gap[1]);
      continue;
    }
    const at = begin + Number.parseInt(word.slice(HASH_LENGTH + TAG_LENGTH), 36);
    if (!Number.isSafeInteger(at)) return 'broken';
    const hash = word.slice(0, HASH_LENGTH);
    records.push({ seq, at, hash, subjectTag: word.slice(HASH_LENGTH, HASH_LENGTH + TAG_LENGTH) });
    seq++;
  }
  return seq === to + 1 ? { stream, created, from, to, records } : 'broken';
}
