/** The lease of a claim and the record of its answer, on a clock and a store of the test's own. */
import { RecordChangedError, type RecordStore, type StoredRecord } from '@nats-bridge/messaging';
import { type NewRecord, recordHeaders } from '@nats-bridge/protocol';
import { expect, it } from 'vitest';
import { FIRST_DELIVERY } from '../testing/first-delivery.js';
import { type Run, runGuarded } from './guarded-run.js';
import type { Claim } from './held-claim.js';

/** In a record that stands: it has the name of the run that is looked at. */
const THIS_RUN = 'this run';
const LEASE_MS = 2_000;
const ANSWER = { body: new TextEncoder().encode('{}'), headers: {} };

type Written = {
  readonly state: string | undefined;
  readonly leaseUntil: number;
  readonly expectedSeq: number;
};

/** Each write gets the next sequence, unless `onWrite` throws. */
function scene(
  onWrite: (written: Written, count: number) => void | Promise<void> = () => {},
  /** What stands in the record, for who reads it. */
  stands?: StoredRecord,
) {
  const clock = { now: 1_000 };
  const written: Written[] = [];
  let reads = 0;
  let claimedBy = '';
  const records: RecordStore = {
    async read() {
      reads++;
      if (stands?.headers['X-Run'] !== THIS_RUN) return stands;
      return { ...stands, headers: { ...stands.headers, 'X-Run': claimedBy } };
    },
    async write(_subject, _body, headers, expectedSeq) {
      claimedBy = headers['X-Run'] ?? '';
      const one = {
        state: headers['X-Record'],
        leaseUntil: Number(headers['X-Lease-Until']),
        expectedSeq,
      };
      written.push(one);
      const seq = written.length;
      await onWrite(one, seq);
      return seq;
    },
  };
  const world = { records, now: () => clock.now, sleep: async () => {}, leaseMs: LEASE_MS };
  return {
    clock,
    written,
    reads: () => reads,
    run: (handler: Run) => runGuarded(FIRST_DELIVERY, world, handler),
  };
}

it('runs nothing under a claim that is confirmed when its lease is over: another may have taken over', async () => {
  const { clock, run } = scene(() => {
    clock.now += LEASE_MS;
  });
  let ran = false;
  const ending = await run(async () => {
    ran = true;
    return ANSWER;
  });
  expect(ending).toEqual({ kind: 'wait', ms: 1_000 });
  expect(ran).toBe(false);
});

it('is renewed by a beat once a quarter of it is over, on what was written last', async () => {
  const { clock, written, run } = scene();
  await run(async (claim) => {
    clock.now += LEASE_MS / 4 - 1;
    await claim.renew();
    expect(written).toHaveLength(1);
    clock.now += 1;
    await claim.renew();
    clock.now += LEASE_MS / 4;
    await claim.renew();
    return ANSWER;
  });
  expect(written).toEqual([
    { state: 'claimed', leaseUntil: 3_000, expectedSeq: 0 },
    { state: 'claimed', leaseUntil: 3_500, expectedSeq: 1 },
    { state: 'claimed', leaseUntil: 4_000, expectedSeq: 2 },
    { state: 'answered', leaseUntil: Number.NaN, expectedSeq: 3 },
  ]);
});

it.each(['answered', 'failed'])('is renewed by no beat after the handler has %s', async (ends) => {
  const { clock, written, run } = scene();
  let claim: Claim | undefined;
  await run(async (held) => {
    claim = held;
    if (ends === 'failed') throw new Error('no');
    return ANSWER;
  });
  const count = written.length;
  clock.now += LEASE_MS / 2;
  await claim?.renew();
  expect(written).toHaveLength(count);
});

it.each(['answered', 'failed'])(
  'is waited for where it is being renewed when the handler has %s',
  async (ends) => {
    const { clock, written, run } = scene(async (_, count) => {
      if (count === 2) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await run(async (claim) => {
      clock.now += LEASE_MS / 2;
      void claim.renew();
      await Promise.resolve(); // the beat has begun to write
      if (ends === 'failed') throw new Error('no');
      return ANSWER;
    });
    expect(written.map(({ expectedSeq }) => expectedSeq)).toEqual([0, 1, 2]);
  },
);

it.each(['before', 'after'])(
  'is lost to who took over, and a handler that looks %s sees it',
  async (looks) => {
    const { clock, run } = scene((_, count) => {
      if (count === 2) throw new RecordChangedError('s', 1);
    });
    const seen: boolean[] = [];
    await run(async (claim) => {
      const early = looks === 'before' ? claim.lost() : undefined;
      clock.now += LEASE_MS / 2;
      await claim.renew();
      seen.push((early ?? claim.lost()).aborted);
      return ANSWER;
    });
    expect(seen).toEqual([true]);
  },
);

it('is not lost because one beat could not be written', async () => {
  const { clock, written, run } = scene((_, count) => {
    if (count === 2) throw new Error('no server');
  });
  let wasLost: boolean | undefined;
  await run(async (claim) => {
    const signal = claim.lost();
    clock.now += LEASE_MS / 2;
    await claim.renew();
    await claim.renew();
    wasLost = signal.aborted || claim.lost().aborted;
    return ANSWER;
  });
  expect(wasLost).toBe(false);
  expect(written.map(({ expectedSeq }) => expectedSeq)).toEqual([0, 1, 1, 3]);
});

it('holds for all of its time from the last beat', async () => {
  const { clock, run } = scene();
  let wasLost: boolean | undefined;
  await run(async (claim) => {
    clock.now += LEASE_MS / 2;
    await claim.renew();
    clock.now += LEASE_MS - 1;
    wasLost = claim.lost().aborted;
    return ANSWER;
  });
  expect(wasLost).toBe(false);
});

it.each(['before', 'after'])(
  'is over when it was not renewed, and a handler that looks %s sees it',
  async (looks) => {
    const { clock, run } = scene();
    const seen: boolean[] = [];
    await run(async (claim) => {
      const early = looks === 'before' ? claim.lost() : undefined;
      clock.now += LEASE_MS / 2;
      await claim.renew();
      expect(early?.aborted ?? false).toBe(false);
      clock.now += LEASE_MS;
      if (early !== undefined) await claim.renew();
      seen.push((early ?? claim.lost()).aborted);
      return ANSWER;
    });
    expect(seen).toEqual([true]);
  },
);

it('writes an answer once', async () => {
  const { written, reads, run } = scene();
  expect(await run(async () => ANSWER)).toEqual({ kind: 'answered', attempt: 1 });
  expect([written.length, reads()]).toEqual([2, 0]);
});

it('writes an answer again until it is stored, on the claim it was made under', async () => {
  const { written, reads, run } = scene((_, count) => {
    if (count > 1 && count < 5) throw new Error('no server');
  });
  expect(await run(async () => ANSWER)).toEqual({ kind: 'answered', attempt: 1 });
  expect(written.slice(1).map(({ expectedSeq }) => expectedSeq)).toEqual([1, 1, 1, 1]);
  expect(reads()).toBe(0);
});

it('gives an answer up after twelve tries, so that another delivery may find out', async () => {
  const { written, run } = scene((_, count) => {
    if (count > 1) throw new Error('no server');
  });
  await expect(run(async () => ANSWER)).rejects.toThrow('no server');
  expect(written).toHaveLength(1 + 12);
});

const stored = (record: Partial<NewRecord>, seq: number): StoredRecord => ({
  headers: recordHeaders({
    state: 'answered',
    correlationId: 'c',
    fingerprint: 'f',
    by: 'w',
    retry: 0,
    ...record,
  }),
  subject: 's',
  body: ANSWER.body,
  seq,
  storedAt: new Date(0),
});
const changedOnce = (_: Written, count: number) => {
  if (count === 2) throw new RecordChangedError('s', 1);
};

it.each<[string, Partial<NewRecord>, 'answered' | 'superseded']>([
  ['its own, of a try whose confirmation was lost', { run: THIS_RUN }, 'answered'],
  ['of another delivery that this worker had in hand', { run: 'other' }, 'superseded'],
  ['of another worker', { by: 'other', run: 'other' }, 'superseded'],
  ['of a worker that names no runs', {}, 'superseded'],
])('leaves an answer that stands, and knows one %s', async (_, record, kind) => {
  const { written, run } = scene(changedOnce, stored(record, 7));
  expect(await run(async () => ANSWER)).toEqual({ kind, attempt: 1 });
  expect(written).toHaveLength(2);
});

it('writes its answer over the claim of another, because its effect has happened', async () => {
  const { written, run } = scene(changedOnce, stored({ state: 'claimed', by: 'other' }, 7));
  expect(await run(async () => ANSWER)).toEqual({ kind: 'answered', attempt: 1 });
  expect(written.at(-1)).toMatchObject({ state: 'answered', expectedSeq: 7 });
});

it('writes its answer again where it cannot read what stands there', async () => {
  const { written, run } = scene(changedOnce);
  expect(await run(async () => ANSWER)).toEqual({ kind: 'answered', attempt: 1 });
  expect(written.map(({ expectedSeq }) => expectedSeq)).toEqual([0, 1, 1]);
});
