import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredRecord } from '../message/stored-record.js';
import { digestRecord, type RecordBatch, recordBatchEntry, recordBatchOf } from './audit-records.js';
import { checkRecords, type StreamLook } from './check-records.js';

const STREAM = 'OPERATIONS';
const CREATED = '2026-11-01T00:00:00Z';
const NOW = Date.parse('2026-11-28T12:00:00Z');
const DAY_MS = 86_400_000;

const look: StreamLook = {
  stream: STREAM,
  firstSeq: 1,
  messages: 0,
  at: NOW,
  maxAgeMs: 7 * DAY_MS,
  maxMessages: Number.POSITIVE_INFINITY,
  maxPerSubject: 8,
};

const record = (seq: number, changes: Partial<StoredRecord> = {}): StoredRecord => ({
  seq,
  subject: `operations.${seq}`,
  storedAt: new Date(NOW - DAY_MS + seq * 1_000),
  headers: { 'X-Merchant-Id': 'm', 'Nats-Msg-Id': `id ${seq}` },
  body: Buffer.from(`body ${seq}`),
  ...changes,
});
const records = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => record(from + index));

/** As it comes back from the chain. */
function batch(all: readonly StoredRecord[], changes: Partial<RecordBatch> = {}): RecordBatch {
  const [from = 1, to = 0] = [all[0]?.seq, all.at(-1)?.seq];
  const digests = all.map((one) => digestRecord(STREAM, one));
  const entry = recordBatchEntry({
    stream: STREAM,
    created: CREATED,
    from,
    to,
    records: digests,
    ...changes,
  });
  const read = recordBatchOf(JSON.parse(JSON.stringify({ ...entry, at: '' })));
  if (typeof read !== 'object') throw new Error('it cannot be read back');
  return read;
}
const problemsOf = (batches: readonly RecordBatch[], found: readonly StoredRecord[], changes = {}) =>
  checkRecords(batches, { ...look, ...changes }, found).problems.map(({ seq, why }) => `${seq}: ${why}`);

describe('a batch of digests', () => {
  it('comes back from its entry as it went in, with gaps at any place', () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1 });
    fc.assert(
      fc.property(seqs, fc.nat(9), fc.nat(9), (chosen, before, after) => {
        const all = chosen.sort((a, b) => a - b).map((seq) => digestRecord(STREAM, record(seq + 10)));
        const [from, to] = [(all[0]?.seq ?? 0) - before, (all.at(-1)?.seq ?? 0) + after];
        const whole: RecordBatch = { stream: STREAM, created: CREATED, from, to, records: all };
        expect(recordBatchOf({ ...recordBatchEntry(whole), at: '' })).toEqual(whole);
      }),
    );
  });

  it('says that it is broken rather than less', () => {
    const { what, ...entry } = recordBatchEntry(batch(records(1, 3)));
    const broken = (changes: object) => recordBatchOf({ ...entry, at: '', what: { ...what, ...changes } });
    expect(broken({ to: 4 })).toBe('broken');
    expect(broken({ digests: '' })).toBe('broken');
    expect(broken({ digests: 7 })).toBe('broken');
    expect(recordBatchOf({ ...entry, action: 'retry', at: '', what: {} })).toBeUndefined();
  });

  it('does not depend on the way a record was read', () => {
    const direct = {
      ...record(1).headers,
      'Nats-Sequence': '1',
      'Nats-Num-Pending': '7',
      'Nats-Stream': STREAM,
    };
    const headers = Object.fromEntries(Object.entries(direct).reverse());
    expect(digestRecord(STREAM, record(1, { headers }))).toEqual(digestRecord(STREAM, record(1)));
  });

  it('takes a record of a mirror, which has no conditions any more, for the one that was stored', () => {
    const headers = { ...record(1).headers, 'Nats-Expected-Last-Subject-Sequence': '0' };
    expect(digestRecord(STREAM, record(1, { headers }))).toEqual(digestRecord(STREAM, record(1)));
  });

  it('takes a request that a backup brought back for the one that was stored', () => {
    const { headers } = record(1);
    const stored = digestRecord(STREAM, record(1, { headers: { ...headers, 'Nats-TTL': '30s' } }));
    const restored = record(1, { headers: { ...headers, 'Past-TTL': '30s' } });
    expect(digestRecord(STREAM, restored)).toEqual(stored);
    expect(digestRecord(STREAM, record(1))).not.toEqual(stored);
  });
});

describe('records compared with what was written down', () => {
  const batches = [batch(records(1, 5)), batch(records(6, 9))];

  it('are the same, and newer ones are not judged', () => {
    expect(checkRecords(batches, look, records(1, 12))).toEqual({
      stream: STREAM,
      ok: true,
      same: 9,
      expired: 0,
      dealtWith: 0,
      unwatched: 3,
      to: 9,
      problems: [],
    });
  });

  it.each<[string, Partial<StoredRecord>]>([
    ['body', { body: Buffer.from('another') }],
    ['header', { headers: { 'X-Merchant-Id': 'other', 'Nats-Msg-Id': 'id 4' } }],
    ['subject', { subject: 'operations.5' }],
    ['time', { storedAt: new Date(NOW) }],
  ])('show another %s', (_what, changes) => {
    expect(problemsOf(batches, records(1, 9).with(3, record(4, changes)))).toEqual([
      '4: it is another than was written down',
    ]);
  });

  it('show two that changed places', () => {
    const swapped = records(1, 9)
      .with(3, record(4, { ...record(5), seq: 4 }))
      .with(4, record(5, { ...record(4), seq: 5 }));
    expect(problemsOf(batches, swapped)).toHaveLength(2);
  });

  it('show one that was removed, wherever it stood', () => {
    for (let seq = 1; seq <= 9; seq++)
      expect(
        problemsOf(batches, records(1, 9).toSpliced(seq - 1, 1), { firstSeq: seq === 1 ? 2 : 1 }),
      ).toEqual([`${seq}: it was removed`]);
  });

  it('show one that was put in where there was none, and a batch that is missing', () => {
    const gap = batch([record(1), record(3)]);
    expect(problemsOf([gap], records(1, 3))).toEqual(['2: it was not there when it was written down']);
    expect(
      problemsOf(
        [batch(records(1, 2)), batch(records(5, 6))],
        [1, 2, 5, 6].map((seq) => record(seq)),
      ),
    ).toEqual(['3: nothing was written down of it, nor of what follows to 4']);
  });

  it('show a stream that was made anew, or lost its end, also when what came since was written down', () => {
    expect(problemsOf(batches, [])).toHaveLength(9);
    const again = [record(8, { body: Buffer.from('after the crash') })];
    expect(problemsOf([...batches, batch(again)], [...records(1, 7), ...again])).toEqual([
      '8: it is another than was written down',
      '9: it was removed',
    ]);
  });

  it('are the same in a stream that was restored, and written down anew', () => {
    const anew = batch(records(1, 9), { created: '2026-11-28T00:00:00Z' });
    expect(checkRecords([...batches, anew], look, records(1, 9))).toMatchObject({ ok: true, same: 9 });
  });
});

describe('what people take out', () => {
  const batches = [batch(records(1, 5))];
  const storedAt = record(3).storedAt.getTime();
  const takenOut = (at: number): Partial<StreamLook> => ({
    takenOutAt: (seq) => (seq === 3 ? [at] : []),
  });
  const without3 = records(1, 5).toSpliced(2, 1);

  it('is no change where the audit says so, and one where it does not', () => {
    expect(checkRecords(batches, { ...look, ...takenOut(storedAt + 1) }, without3)).toMatchObject({
      ok: true,
      same: 4,
      dealtWith: 1,
    });
    expect(problemsOf(batches, without3.toSpliced(3, 1), takenOut(storedAt + 1))).toEqual([
      '5: it was removed',
    ]);
    expect(problemsOf(batches, without3)).toEqual(['3: it was removed']);
  });

  it('excuses nobody who alters it, nor who removes a later record in its place', () => {
    const altered = records(1, 5).with(2, record(3, { body: Buffer.from('another') }));
    expect(problemsOf(batches, altered, takenOut(storedAt + 1))).toEqual([
      '3: it is another than was written down',
    ]);
    expect(problemsOf(batches, without3, takenOut(storedAt - 61_000))).toEqual(['3: it was removed']);
  });
});

describe('what the stream itself lets go of', () => {
  it('by age is no change, also from a stream that is gone', () => {
    const old = records(1, 3).map((one) => ({ ...one, storedAt: new Date(NOW - 8 * DAY_MS) }));
    expect(checkRecords([batch(old), batch(records(4, 5))], look, records(4, 5))).toMatchObject({
      ok: true,
      expired: 3,
    });
    expect(checkRecords([batch(old)], look, [])).toMatchObject({ ok: true, expired: 3 });
  });

  it('by number is no change at the front of a full stream, and one elsewhere', () => {
    const full = { firstSeq: 3, maxMessages: 4, messages: 4 };
    expect(problemsOf([batch(records(1, 6))], records(3, 6), full)).toEqual([]);
    expect(problemsOf([batch(records(1, 6))], records(3, 6), { ...full, messages: 3 })).toHaveLength(2);
    expect(problemsOf([batch(records(1, 7))], records(3, 7).toSpliced(1, 1), full)).toEqual([
      '4: it was removed',
    ]);
  });

  it('for newer records of the same subject is no change, as long as there are so many', () => {
    const all = records(1, 9).map((one) => ({ ...one, subject: 'operations.one' }));
    expect(problemsOf([batch(all)], all.slice(1))).toEqual([]);
    expect(problemsOf([batch(all)], all.slice(2))).toEqual(['1: it was removed', '2: it was removed']);
  });
});
