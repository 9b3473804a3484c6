import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  APPROVAL_STATES,
  type ApprovalEvent,
  type ApprovalFacts,
  isOpenApproval,
  isSamePerson,
  stepApproval,
} from './approval.js';

const WAITING: ApprovalFacts = {
  state: 'waiting',
  proposedBy: 'jo',
  changedAt: 0,
  expiresAt: 1_000,
  decidedBy: undefined,
};
const approve = { kind: 'approve', who: 'sam' } as const;

describe('an action that needs a second person', () => {
  it('is approved by another, and by him alone who is another', () => {
    expect(stepApproval(WAITING, approve, 999)).toEqual({ kind: 'next', state: 'approved' });
    for (const who of ['jo', 'Jo', ' JO ', 'ｊｏ'])
      expect(stepApproval(WAITING, { kind: 'approve', who }, 1)).toMatchObject({ kind: 'forbidden' });
  });

  it('may be withdrawn by who proposed it', () => {
    expect(stepApproval(WAITING, { kind: 'refuse', who: 'jo' }, 1)).toEqual({
      kind: 'next',
      state: 'refused',
    });
  });

  it('cannot be decided when it has expired', () => {
    for (const kind of ['approve', 'refuse'] as const)
      expect(stepApproval(WAITING, { kind, who: 'sam' }, 1_000)).toMatchObject({
        kind: 'forbidden',
        why: expect.stringContaining('expired'),
      });
  });

  it('is approved once at most, whatever comes in whatever order', () => {
    const event: fc.Arbitrary<ApprovalEvent> = fc.oneof(
      fc.record({
        kind: fc.constantFrom('approve' as const, 'refuse' as const),
        who: fc.constantFrom('jo', 'sam', 'kim'),
      }),
      fc.record({ kind: fc.constantFrom('carried_out' as const, 'failed' as const) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(2_000)), { maxLength: 12 }), (events) => {
        let facts = WAITING;
        let approvals = 0;
        for (const [one, at] of events) {
          const step = stepApproval(facts, one, at);
          if (step.kind === 'forbidden') continue;
          if (step.state === 'approved') {
            approvals++;
            expect(one).not.toMatchObject({ who: 'jo' });
            expect(at).toBeLessThan(WAITING.expiresAt);
          }
          expect(step.state).not.toBe('waiting');
          facts = { ...facts, state: step.state, changedAt: at };
        }
        expect(approvals).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('keeps others about the same thing waiting while it is open', () => {
    const open = (state: (typeof APPROVAL_STATES)[number], now: number) =>
      isOpenApproval({ ...WAITING, state, changedAt: 500 }, now);
    expect(APPROVAL_STATES.filter((state) => open(state, 999))).toEqual(['waiting', 'approved']);
    expect(APPROVAL_STATES.filter((state) => open(state, 1_000))).toEqual(['approved']);
    expect(APPROVAL_STATES.filter((state) => open(state, 500 + 60_000))).toEqual([]);
  });

  it('knows people by their names', () => {
    expect(isSamePerson('night  shift', 'Night shift')).toBe(true);
    expect(isSamePerson('jo', 'joe')).toBe(false);
  });
});
