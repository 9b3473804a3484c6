import { describe, expect, it } from 'vitest';
import { type Call, check, type Evidence } from './checker.js';

const call = (ended: Call['ended'], key = 'k'): Call => ({ key, at: 0, endedAt: 1, ended });
const answered = (status: string, bridgeCode?: string, id = 'fx_1') =>
  call({ kind: 'answered', status, id, bridgeCode });
const effect = (key = 'k') => ({ key, id: 'fx_1', amount: 1, worker: 'w', attempt: 1, at: 0 });
const violated = (evidence: Partial<Evidence>) => {
  const findings = check({
    calls: [],
    book: [],
    ledger: new Map(),
    letters: new Set(),
    syncs: new Map(),
    ...evidence,
  });
  return Object.entries(findings)
    .filter(([, { violations }]) => violations.length > 0)
    .map(([promise]) => promise);
};

describe('the checker', () => {
  it('finds nothing where all is well', () => {
    expect(
      violated({
        calls: [answered('CHARGED')],
        book: [effect()],
        ledger: new Map([['k', { state: 'answered' }]]),
      }),
    ).toEqual([]);
    expect(violated({ calls: [answered('FAILURE', 'NO_WORKERS_AVAILABLE')] })).toEqual([]);
    expect(violated({ calls: [answered('PENDING')], letters: new Set(['k']) })).toEqual([]);
    expect(violated({ calls: [call({ kind: 'error', message: 'UNAVAILABLE' })] })).toEqual([]);
  });

  it('finds what was lost', () => {
    expect(
      violated({ calls: [answered('PENDING')], ledger: new Map([['k', { state: 'claimed' }]]) }),
    ).toEqual(['P1']);
    expect(violated({ calls: [call({ kind: 'error', message: 'UNAVAILABLE' })], book: [effect()] })).toEqual([
      'P1',
    ]);
  });

  it('finds ghosts and doubles', () => {
    expect(violated({ calls: [answered('FAILURE', 'NATS_UNREACHABLE')], book: [effect()] })).toEqual([
      'P2',
      'P4',
    ]);
    expect(violated({ calls: [answered('CHARGED')], book: [effect(), effect()] })).toEqual(['P3']);
    expect(violated({ calls: [answered('CHARGED'), answered('CHARGED', undefined, 'fx_2')] })).toEqual([
      'P3',
    ]);
  });

  it('takes a call after a failure for what it is: asked for again', () => {
    const failed = answered('FAILURE', 'CIRCUIT_OPEN');
    const again = { ...answered('CHARGED'), at: 5, endedAt: 9 };
    expect(violated({ calls: [failed, again], book: [{ ...effect(), at: 7 }] })).toEqual([]);
    expect(violated({ calls: [failed, again], book: [{ ...effect(), at: 3 }] })).toEqual(['P2', 'P4']);
  });

  it('finds dishonest doubt', () => {
    expect(violated({ calls: [answered('FAILURE')], book: [effect()] })).toEqual(['P4']);
    const ledger = new Map([['k', { state: 'answered' }]]);
    for (const said of ['PENDING', 'FAILURE'])
      expect(violated({ calls: [answered('PENDING')], ledger, syncs: new Map([['k', said]]) })).toEqual([
        'P4',
      ]);
    expect(violated({ calls: [answered('PENDING')], ledger, syncs: new Map([['k', 'CHARGED']]) })).toEqual(
      [],
    );
  });
});
