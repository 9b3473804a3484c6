/** A proposed action, as it is kept: one record of the whole for each change. */
import type { StoredRecord } from '@nats-bridge/messaging';
import {
  APPROVABLE,
  APPROVAL_STATES,
  type Approvable,
  type ApprovalFacts,
  type ApprovalState,
  type Queue,
} from '@nats-bridge/protocol';
import { z } from 'zod';
import type { Settled } from '../dead-letters/letter-action.js';

export type Proposal = {
  /** `a12`: {@link proposalId}. */
  readonly id: string;
  readonly state: ApprovalState | 'expired';
  readonly action: Approvable;
  readonly letter: { readonly queue: Queue; readonly seq: number };
  readonly merchantId: string;
  readonly operation: string;
  readonly paymentId: string;
  readonly idempotencyKey: string;
  readonly proposed: Step;
  readonly expiresAt: Date;
  /** Of a resolution. */
  readonly settled: Settled | undefined;
  /** Approved or refused, by whom and why. */
  readonly decided: Step | undefined;
  /** Why it could not be carried out. */
  readonly failure: string | undefined;
};

export type Step = { readonly who: string; readonly why: string; readonly at: Date };

const step = z.object({ who: z.string(), why: z.string(), at: z.iso.datetime() });

const keptSchema = z.object({
  /** Of the first record; that one itself has none. */
  proposal: z.int().optional(),
  state: z.enum(APPROVAL_STATES),
  action: z.enum(APPROVABLE),
  queue: z.enum(['dead_letters', 'interventions']),
  seq: z.int(),
  merchant_id: z.string(),
  operation: z.string(),
  payment_id: z.string(),
  idempotency_key: z.string(),
  proposed: step,
  expires_at: z.iso.datetime(),
  settled: z
    .object({
      status: z.enum(['success', 'failure']),
      transactionId: z.string().optional(),
      code: z.string().optional(),
      message: z.string().optional(),
    })
    .optional(),
  /** Of an edit, sealed for the bridges and signed where they do so: it may hold card data. */
  patch: z.object({ body: z.base64(), headers: z.record(z.string(), z.string()) }).optional(),
  decided: step.optional(),
  failure: z.string().optional(),
});

/** As it stands in the stream. */
export type Kept = z.output<typeof keptSchema>;

/** A kept one with its place: what the next change is made on. */
export type KeptAt = { readonly kept: Kept; readonly seq: number; readonly storedAt: Date };

/** Where it was proposed first. */
export function firstSeqOf({ kept, seq }: Pick<KeptAt, 'kept' | 'seq'>): number {
  return kept.proposal ?? seq;
}

/** `a12`: named after where it was proposed first, so that nobody approves another than he saw. */
export function proposalId(at: Pick<KeptAt, 'kept' | 'seq'>): string {
  return `a${firstSeqOf(at)}`;
}

/** @returns where it was proposed first; undefined for what names no proposal */
export function parseProposalId(id: string): number | undefined {
  const seq = Number(/^a(\d{1,15})$/.exec(id)?.[1] ?? 0);
  return seq > 0 ? seq : undefined;
}

/** @returns undefined for what no bridge wrote */
export function readKept({ body, seq, storedAt }: StoredRecord): KeptAt | undefined {
  try {
    return { kept: keptSchema.parse(JSON.parse(Buffer.from(body).toString())), seq, storedAt };
  } catch {
    return undefined;
  }
}

export function proposalOf({ kept, seq }: KeptAt, now: number): Proposal {
  const expiresAt = new Date(kept.expires_at);
  const isExpired = kept.state === 'waiting' && now >= expiresAt.getTime();
  return {
    id: proposalId({ kept, seq }),
    state: isExpired ? 'expired' : kept.state,
    action: kept.action,
    letter: { queue: kept.queue, seq: kept.seq },
    merchantId: kept.merchant_id,
    operation: kept.operation,
    paymentId: kept.payment_id,
    idempotencyKey: kept.idempotency_key,
    proposed: { ...kept.proposed, at: new Date(kept.proposed.at) },
    expiresAt,
    settled: kept.settled,
    decided: kept.decided && { ...kept.decided, at: new Date(kept.decided.at) },
    failure: kept.failure,
  };
}

/** What the rule of {@link ApprovalFacts} goes by. */
export function factsOf({ kept, storedAt }: KeptAt): ApprovalFacts {
  return {
    state: kept.state,
    proposedBy: kept.proposed.who,
    changedAt: storedAt.getTime(),
    expiresAt: Date.parse(kept.expires_at),
    decidedBy: kept.decided?.who,
  };
}
