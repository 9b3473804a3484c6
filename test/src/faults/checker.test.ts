/** Each rule of the checker, broken once: nothing but that rule finds it. */
import { describe, expect, it } from 'vitest';
import { check } from './checker.js';
import type { Call, Effect, Evidence, Heard, LedgerLine } from './evidence.js';

const KEY = 'm authorize:att_1';
const heardOf = (status: string, id = 'fx_1', bridgeCode?: string): Heard => ({
  kind: 'answered',
  status,
  id,
  bridgeCode,
});
const ERROR: Heard = { kind: 'error', message: 'UNAVAILABLE' };
const call = (ended: Heard, changes: Partial<Call> = {}): Call => ({
  key: KEY,
  traceId: 't1',
  operation: 'authorize',
  amount: 1_250,
  succeedsAs: 'CHARGED',
  at: 0,
  endedAt: 10,
  ended,
  ...changes,
});
const effect = (changes: Partial<Effect> = {}): Effect => ({
  key: KEY,
  id: 'fx_1',
  outcome: 'approved',
  operation: 'authorize',
  amount: 1_250,
  worker: 'w',
  attempt: 1,
  traceId: 't1',
  of: '',
  at: 5,
  ...changes,
});
const charged = call(heardOf('CHARGED'));
const pending = call(heardOf('PENDING', ''));
const failed = call(heardOf('FAILURE', '', 'NO_WORKERS_AVAILABLE'));
const answered: LedgerLine = { state: 'answered', id: 'fx_1', status: 'success' };

/** The parts of one key; what is left out is as it is when all is well. */
type Parts = {
  readonly calls?: readonly Call[];
  readonly book?: readonly Effect[];
  readonly ledger?: LedgerLine | undefined;
  readonly letter?: boolean;
  readonly sync?: Heard;
  readonly repeat?: Heard;
  readonly unfinished?: readonly string[];
};
function findingsOf({ calls = [], book = [], ledger, letter, sync, repeat, unfinished = [] }: Parts) {
  const key = calls[0]?.key ?? KEY;
  const said = repeat ?? (ledger?.state === 'answered' ? repeatOf(calls, ledger) : undefined);
  const evidence: Evidence = {
    calls,
    book,
    ledger: new Map(ledger === undefined ? [] : [[key, ledger]]),
    letters: new Set(letter ? [key] : []),
    syncs: new Map(sync === undefined ? [] : [[key, sync]]),
    repeats: new Map(said === undefined ? [] : [[key, said]]),
    unfinished,
  };
  return check(evidence);
}
function repeatOf([first]: readonly Call[], { status, id }: LedgerLine): Heard {
  return heardOf(status === 'success' ? (first?.succeedsAs ?? '') : 'FAILURE', id);
}
const violated = (parts: Parts) =>
  Object.entries(findingsOf(parts)).flatMap(([promise, { violations }]) =>
    violations.map(({ why }) => `${promise}: ${why}`),
  );

describe('where all is well', () => {
  it.each<[string, Parts]>([
    ['a success', { calls: [charged], book: [effect()], ledger: answered }],
    [
      'a decline',
      {
        calls: [call(heardOf('FAILURE'))],
        book: [effect({ outcome: 'declined' })],
        ledger: { ...answered, status: 'failure' },
      },
    ],
    ['what was never sent', { calls: [failed] }],
    ['what was never accepted', { calls: [call(ERROR)] }],
    [
      'what was withdrawn',
      {
        calls: [pending],
        ledger: { state: 'withdrawn' },
        sync: heardOf('FAILURE', '', 'NO_WORKERS_AVAILABLE'),
      },
    ],
    ['a late answer', { calls: [pending], book: [effect()], ledger: answered, sync: heardOf('CHARGED') }],
    ['a letter for a person', { calls: [pending], ledger: { state: 'claimed' }, letter: true }],
    [
      'a capture that did not happen',
      {
        calls: [call(heardOf('PENDING'), { key: 'm capture:att_1', operation: 'capture' })],
        ledger: { state: 'withdrawn' },
        sync: heardOf('AUTHORIZED', 'fx_0'),
      },
    ],
    [
      'a capture that was never accepted, of a payment that stands as it did',
      {
        calls: [call(heardOf('PENDING'), { key: 'm capture:att_1', operation: 'capture' })],
        sync: heardOf('AUTHORIZED', 'fx_0'),
      },
    ],
  ])('finds nothing: %s', (_, parts) => {
    expect(violated(parts)).toEqual([]);
  });
});

describe('P1, nothing lost', () => {
  it('a caller in doubt, and no outcome anywhere', () => {
    expect(violated({ calls: [pending], ledger: { state: 'claimed' } })).toEqual([
      'P1: the caller heard PENDING, and the ledger says claimed',
    ]);
    expect(violated({ calls: [pending] })).toEqual([
      'P1: the caller heard PENDING, and the ledger says nothing',
    ]);
    expect(violated({ calls: [call(ERROR)], book: [effect()] })).toEqual([
      'P1: the caller heard UNAVAILABLE, and the ledger says nothing',
    ]);
    const capture = call(heardOf('PENDING', ''), { key: 'm capture:att_1', operation: 'capture' });
    expect(violated({ calls: [capture], sync: heardOf('PENDING', 'fx_0') })).toEqual([
      'P1: the caller heard PENDING, and the ledger says nothing',
    ]);
  });

  it('a success that the ledger lost', () => {
    for (const state of ['claimed', 'sent'])
      expect(violated({ calls: [charged], book: [effect()], ledger: { state } })).toEqual([
        `P1: the caller heard CHARGED fx_1, and the ledger lost it: ${state}`,
      ]);
  });

  it('a sync that ends in an error, after its caller waited as long as he may', () => {
    expect(violated({ calls: [pending], book: [effect()], ledger: answered, sync: ERROR })).toEqual([
      'P1: nobody can learn what became of it: a sync ended in UNAVAILABLE',
      'P4: the ledger has its answer, and a sync ended in UNAVAILABLE',
    ]);
    expect(violated({ calls: [call(ERROR)], ledger: { state: 'withdrawn' } })).toEqual([
      'P1: nobody can learn what became of it: a sync ended in nothing',
    ]);
  });

  it('a system that does not come to rest', () => {
    expect(violated({ unfinished: ['PAYMENTS c: 1 wait, 0 in hand'] })).toEqual([
      'P1: it did not come to rest: PAYMENTS c: 1 wait, 0 in hand',
    ]);
  });
});

describe('P2, no ghost', () => {
  it('what was answered as failed and was carried out, declined or not', () => {
    const declined = { calls: [failed], book: [effect({ outcome: 'declined' })] };
    expect(violated(declined)).toEqual(['P2: answered FAILURE NO_WORKERS_AVAILABLE, and it was carried out']);
    expect(violated({ calls: [failed], book: [effect()] })).toEqual([
      'P2: answered FAILURE NO_WORKERS_AVAILABLE, and it was carried out',
      'P4: answered FAILURE NO_WORKERS_AVAILABLE, and it happened',
    ]);
  });

  it('what was withdrawn and stands in the book, though callers heard only "pending"', () => {
    const parts: Parts = {
      calls: [pending],
      book: [effect()],
      ledger: { state: 'withdrawn' },
      sync: heardOf('CHARGED'),
    };
    expect(violated(parts)).toEqual(['P2: it was withdrawn, and it was carried out']);
  });

  it('an effect that nobody asked for', () => {
    expect(violated({ book: [effect()] })).toEqual(['P2: nobody asked for effect fx_1']);
    expect(violated({ calls: [charged], book: [effect({ traceId: 't9' })], ledger: answered })).toEqual([
      'P2: nobody asked for effect fx_1',
    ]);
  });

  it('holds an effect against the call whose request was carried out, not against the time', () => {
    const again = call(heardOf('CHARGED'), { traceId: 't2', at: 20, endedAt: 30 });
    const both = { calls: [failed, again], ledger: answered };
    expect(violated({ ...both, book: [effect({ traceId: 't2', at: 25 })] })).toEqual([]);
    // The request of the first call, carried out while the second one waited: the first was told a falsehood.
    expect(violated({ ...both, book: [effect({ traceId: 't1', at: 25 })] })).toEqual([
      'P2: answered FAILURE NO_WORKERS_AVAILABLE, and it was carried out',
      'P4: answered FAILURE NO_WORKERS_AVAILABLE, and it happened',
    ]);
  });

  it('takes "failed" as said of the key: what a bridge should have known of counts', () => {
    const after = { traceId: 't2', at: 20, endedAt: 30 };
    const beside = { traceId: 't2', at: 2, endedAt: 8 };
    const counts = (code: string, when: Partial<Call>) =>
      violated({
        calls: [charged, call(heardOf('FAILURE', '', code), when)],
        book: [effect()],
        ledger: answered,
      }).filter((line) => line.startsWith('P2')).length;
    expect(counts('NO_WORKERS_AVAILABLE', after)).toBe(1);
    // It waited for its time, and what it waited for was withdrawn: for all. At once it found nobody, which is its own affair.
    expect(counts('NO_WORKERS_AVAILABLE', { ...beside, endedAt: 2_008 })).toBe(1);
    expect(counts('NO_WORKERS_AVAILABLE', beside)).toBe(0);
    // Turned away while another call is under way, and after it: the ledger could have been asked.
    expect(counts('CIRCUIT_OPEN', beside)).toBe(0);
    expect(counts('CIRCUIT_OPEN', after)).toBe(1);
    // It could not.
    expect(counts('NATS_UNREACHABLE', after)).toBe(0);
    expect(counts('NATS_UNREACHABLE', { traceId: 't1', at: 0, endedAt: 8 })).toBe(1);
  });
});

describe('P3, no double', () => {
  it('two effects of one key, whatever their attempts and ids', () => {
    const twice = [effect(), effect({ attempt: 2, id: 'fx_2' })];
    expect(violated({ calls: [charged], book: twice, ledger: answered })).toEqual([
      'P3: it was carried out 2 times',
    ]);
  });

  it('two answers of one key', () => {
    const other = call(heardOf('FAILURE'), { traceId: 't2' });
    expect(violated({ calls: [charged, other], book: [effect()], ledger: answered })).toContain(
      'P3: its callers heard different answers: CHARGED fx_1, FAILURE fx_1',
    );
  });

  it('a success or decline without an effect', () => {
    expect(violated({ calls: [charged], ledger: answered })).toEqual([
      'P3: the caller heard CHARGED fx_1, and the book has no such effect',
      "P3: the ledger's answer is success fx_1, and the book has no such effect",
    ]);
    expect(
      violated({
        calls: [charged],
        book: [effect({ outcome: 'declined' })],
        ledger: { ...answered, status: 'failure' },
        repeat: heardOf('FAILURE'),
      }),
    ).toEqual(['P3: the caller heard CHARGED fx_1, and the book has no such effect']);
  });

  it("another id than the book's, heard or in the ledger", () => {
    expect(
      violated({ calls: [call(heardOf('CHARGED', 'fx_2'))], book: [effect()], ledger: answered }),
    ).toEqual(['P3: the caller heard CHARGED fx_2, and the book has no such effect']);
    expect(
      violated({
        calls: [pending],
        book: [effect()],
        ledger: { ...answered, id: 'fx_2' },
        sync: heardOf('CHARGED'),
      }),
    ).toEqual(["P3: the ledger's answer is success fx_2, and the book has no such effect"]);
  });

  it('another amount than was asked for', () => {
    expect(violated({ calls: [charged], book: [effect({ amount: 9 })], ledger: answered })).toEqual([
      'P3: asked for authorize of 1250, done: authorize of 9',
    ]);
  });

  it('a repeat at the end that does not get the first answer', () => {
    const asked = (repeat: Heard) =>
      violated({ calls: [charged], book: [effect()], ledger: answered, repeat });
    expect(asked(heardOf('CHARGED', 'fx_2'))).toHaveLength(1);
    expect(asked(heardOf('PENDING'))).toHaveLength(1);
    expect(asked(ERROR)).toEqual([
      "P3: asked again at the end it said UNAVAILABLE, and the ledger's answer is success fx_1",
    ]);
  });
});

describe('P4, honest doubt', () => {
  it('what happened and was declined, as its caller heard', () => {
    expect(violated({ calls: [call(heardOf('FAILURE'))], book: [effect()], ledger: answered })).toContain(
      'P4: answered FAILURE fx_1, and it happened',
    );
  });

  it('an answer that says nothing', () => {
    expect(
      violated({ calls: [call(heardOf('PAYMENT_STATUS_UNSPECIFIED'))], book: [effect()], ledger: answered }),
    ).toEqual([
      'P4: answered PAYMENT_STATUS_UNSPECIFIED fx_1, which says neither how it ended nor that it is pending',
    ]);
  });

  const operations = [
    ['authorize', 'CHARGED', 'FAILURE', 'PENDING'],
    ['capture', 'CHARGED', 'AUTHORIZED', 'PENDING'],
    ['void', 'VOIDED', 'AUTHORIZED', 'PENDING'],
    ['refund', 'REFUND_SUCCESS', 'REFUND_FAILURE', 'REFUND_PENDING'],
  ] as const;
  it.each(operations)(
    'a sync of %s that does not say what the book says',
    (operation, done, notDone, open) => {
      const about = { key: `m ${operation}:1`, operation, succeedsAs: done };
      const doubt = call(heardOf(open, ''), about);
      const book = [effect({ key: about.key, operation })];
      for (const heard of [doubt, call(ERROR, about)]) {
        const happened = { calls: [heard], book, ledger: answered };
        const neverRan = { calls: [heard], ledger: { state: 'withdrawn' } };
        expect(violated({ ...happened, sync: heardOf(done) })).toEqual([]);
        for (const said of [notDone, open, 'PAYMENT_STATUS_UNSPECIFIED'])
          expect(violated({ ...happened, sync: heardOf(said) }), said).toHaveLength(1);
        expect(violated({ ...neverRan, sync: heardOf(notDone) })).toEqual([]);
        for (const said of [done, open])
          expect(violated({ ...neverRan, sync: heardOf(said) }), said).toHaveLength(1);
      }
    },
  );

  it('a sync that says "pending" is right only while the ledger does not know', () => {
    const parts: Parts = { calls: [pending], book: [effect()], sync: heardOf('PENDING'), letter: true };
    expect(violated({ ...parts, ledger: { state: 'claimed' } })).toEqual([]);
    expect(violated({ ...parts, ledger: answered })).toHaveLength(1);
  });

  it('a sync says what was done to the payment since, which another caller knew of', () => {
    const manual = { key: KEY, succeedsAs: 'AUTHORIZED' };
    const calls = [call(heardOf('AUTHORIZED'), manual), call(heardOf('PENDING', ''), manual)];
    const capture = effect({ key: 'm capture:att_1', id: 'fx_2', operation: 'capture', of: 'fx_1' });
    const captured = call(heardOf('CHARGED', 'fx_2'), { key: capture.key, operation: 'capture' });
    const said = (status: string) =>
      violated({
        calls: [...calls, captured],
        book: [effect(), capture],
        ledger: answered,
        sync: heardOf(status),
      }).filter((line) => line.startsWith('P4'));
    expect(said('CHARGED')).toEqual([]);
    for (const status of ['AUTHORIZED', 'VOIDED']) expect(said(status)).toHaveLength(1);
  });

  it("a sync with another id than the book's", () => {
    expect(
      violated({ calls: [pending], book: [effect()], ledger: answered, sync: heardOf('CHARGED', 'fx_2') }),
    ).toEqual(['P4: a sync said CHARGED fx_2, and the book says fx_1']);
  });
});

describe('what was checked', () => {
  it('counts what a rule applies to, and nothing else', () => {
    const counts = (parts: Parts) =>
      Object.values(findingsOf(parts)).map(({ checked }: { checked: number }) => checked);
    expect(counts({ calls: [call(ERROR)] })).toEqual([0, 0, 0, 0]);
    // P2: the call that heard "failed"; P4: that call.
    expect(counts({ calls: [failed] })).toEqual([0, 1, 0, 1]);
    // P1: the call; P2: that the effect was asked for; P3: the key, the call, the effect; P4: the call.
    expect(counts({ calls: [charged], book: [effect()], ledger: answered })).toEqual([1, 1, 3, 1]);
  });
});
