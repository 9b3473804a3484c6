/** A proposed action as programs see it, at the command line and over the admin API; and what came of orders. */
import type { Approvable } from '@nats-bridge/protocol';
import type { Acted } from '../dead-letters/dead-letters.js';
import { letterName } from '../dead-letters/letter-name.js';
import type { Proposal } from './proposal.js';

/** Times are ISO 8601, UTC. */
export type ShownProposal = {
  readonly id: string;
  readonly state: Proposal['state'];
  readonly action: Approvable;
  /** Its name. */
  readonly letter: string;
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly operation: string;
  readonly idempotency_key: string;
  /** Who proposed it, why and when. */
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly expires_at: string;
  readonly settled?: {
    readonly status: 'success' | 'failure';
    readonly transaction_id?: string;
    readonly code?: string;
    readonly message?: string;
  };
  readonly decided?: { readonly by: string; readonly reason: string; readonly at: string };
  readonly failure?: string;
};

export function shownProposal({ settled, decided, failure, ...known }: Proposal): ShownProposal {
  return {
    id: known.id,
    state: known.state,
    action: known.action,
    letter: letterName(known.letter),
    merchant_id: known.merchantId,
    payment_id: known.paymentId,
    operation: known.operation,
    idempotency_key: known.idempotencyKey,
    by: known.proposed.who,
    reason: known.proposed.why,
    at: known.proposed.at.toISOString(),
    expires_at: known.expiresAt.toISOString(),
    ...(settled && {
      settled: {
        status: settled.status,
        transaction_id: settled.transactionId,
        code: settled.code,
        message: settled.message,
      },
    }),
    ...(decided && { decided: { by: decided.who, reason: decided.why, at: decided.at.toISOString() } }),
    ...(failure !== undefined && { failure }),
  };
}

export type ShownActed = {
  /** How many were done at once. */
  readonly done: number;
  /** Kept until a second person agrees; left out where there are none. */
  readonly proposed?: ShownProposal[];
};

export function shownActed(all: readonly Acted[]): ShownActed {
  const proposed = all.flatMap((one) => (one.kind === 'proposed' ? [shownProposal(one.proposal)] : []));
  return { done: all.length - proposed.length, ...(proposed.length > 0 && { proposed }) };
}
