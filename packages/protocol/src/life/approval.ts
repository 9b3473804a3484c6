/** The life of an action that needs a second person: proposed, decided by another, carried out once. Pure. */

/** Actions that can move money, or make it forgotten that money may have moved. */
export const APPROVABLE = ['retry_unknown', 'edit', 'resolve', 'discard'] as const;
export type Approvable = (typeof APPROVABLE)[number];

/**
 * `approved` stands between the decision and its outcome: a bridge that ends there leaves it so, and nobody carries it
 * out a second time.
 */
export const APPROVAL_STATES = ['waiting', 'approved', 'done', 'failed', 'refused'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export type ApprovalFacts = {
  readonly state: ApprovalState;
  readonly proposedBy: string;
  /** Of the last change; milliseconds since the epoch, as `expiresAt`. */
  readonly changedAt: number;
  readonly expiresAt: number;
  readonly decidedBy: string | undefined;
};

export type ApprovalEvent =
  | { readonly kind: 'approve'; readonly who: string }
  | { readonly kind: 'refuse'; readonly who: string }
  | { readonly kind: 'carried_out' }
  | { readonly kind: 'failed' };

export type ApprovalStep =
  | { readonly kind: 'next'; readonly state: ApprovalState }
  /** Nothing changes; `why` completes "proposal a12 …". */
  | { readonly kind: 'forbidden'; readonly why: string };

/** Whoever approved has it in hand for so long; afterwards the same may be proposed again. */
const IN_HAND_MS = 60_000;

export function stepApproval(facts: ApprovalFacts, event: ApprovalEvent, now: number): ApprovalStep {
  if (event.kind === 'carried_out' || event.kind === 'failed')
    return facts.state === 'approved'
      ? { kind: 'next', state: event.kind === 'failed' ? 'failed' : 'done' }
      : forbidden(`is ${facts.state}, and was not being carried out`);
  if (facts.state !== 'waiting')
    return forbidden(
      `was ${facts.state === 'refused' ? 'refused' : 'approved'} by ${facts.decidedBy ?? 'somebody'} already`,
    );
  if (now >= facts.expiresAt) return forbidden('has expired; propose it again');
  if (event.kind === 'refuse') return { kind: 'next', state: 'refused' };
  if (isSamePerson(event.who, facts.proposedBy))
    return forbidden(`was proposed by ${facts.proposedBy}: another person has to approve it`);
  return { kind: 'next', state: 'approved' };
}

/** Whether another proposal about the same thing has to wait for this one. */
export function isOpenApproval({ state, changedAt, expiresAt }: ApprovalFacts, now: number): boolean {
  if (state === 'waiting') return now < expiresAt;
  return state === 'approved' && now < changedAt + IN_HAND_MS;
}

/** Names that differ in case, blanks or the form of their letters are one name. */
export function isSamePerson(one: string, other: string): boolean {
  return nameOf(one) === nameOf(other);
}

function nameOf(who: string): string {
  return who.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

function forbidden(why: string): ApprovalStep {
  return { kind: 'forbidden', why };
}
