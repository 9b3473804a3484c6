/** Dead letters and interventions, and what is done about them. */
import { LETTER_NAME, type LetterFilter } from '@nats-bridge/connector';
import { APPROVABLE, APPROVAL_STATES, type Queue, type Verdict } from '@nats-bridge/protocol';
import { z } from 'zod';
import {
  count,
  milliseconds,
  operation,
  page,
  pageQuery,
  reason,
  source,
  time,
  timeQuery,
} from './common.js';

const verdict = z.enum(['never_sent', 'answered_no', 'unknown', 'answered_yes']);
const queue = z.enum(['dead_letters', 'interventions'] satisfies Queue[]);
const name = z.string().regex(LETTER_NAME, { error: 'names a letter, such as d4 or i7' });

export const letter = z.object({
  name,
  queue,
  seq: count,
  at: time,
  merchant_id: z.string(),
  payment_id: z.string(),
  operation,
  idempotency_key: z.string(),
  reason: z.string(),
  error: z.string().optional(),
  attempts: count,
  worker: z.string().optional(),
  verdict: verdict.meta({ description: 'When it was given up; an action asks the ledger again.' }),
  advice: z.string(),
  retries: count,
  original: source.extend({ consumer: z.string() }),
});

const filter = {
  queue: queue.optional(),
  merchant: z.string().max(255).optional(),
  operation: z.string().max(64).optional(),
  verdict: verdict.optional(),
  cause: z.string().max(255).optional().meta({ description: 'Part of the reason or of the error.' }),
  reason: z.string().max(4_096).optional().meta({ description: 'Exactly this reason.' }),
  error: z.string().max(4_096).optional().meta({ description: 'Exactly this error; empty: without one.' }),
  ...timeQuery,
};

export const letterQuery = z.object({ ...filter, ...pageQuery });

export const letterPage = page(letter).extend({
  groups: z
    .array(
      z.object({
        reason: z.string(),
        error: z.string().optional(),
        operation,
        verdict,
        count,
        first_at: time,
        last_at: time,
        merchants: z.array(z.string()).meta({ description: 'At most ten of them.' }),
      }),
    )
    .meta({
      description:
        'Of all that match, whatever the page; where money may have moved first, then the largest.',
    }),
});

export const letterDetail = letter.extend({
  verdict_now: verdict,
  headers: z.record(z.string(), z.string()),
  body: z.unknown().meta({ description: 'Masked.' }),
});

export const retryOrder = z
  .strictObject({
    names: z.array(name).min(1).max(10_000).optional(),
    filter: z.strictObject(filter).optional(),
    rate_per_s: z.number().positive().max(1_000).default(10),
    dry_run: z.boolean().default(false),
    force_unknown: z.boolean().default(false).meta({
      description: 'For one letter, by an admin: the processor was asked, and it has not happened.',
    }),
    reason,
  })
  .refine(({ names, filter }) => (names === undefined) !== (filter === undefined), {
    error: 'give names or a filter, and not both',
  });

export const retryPlan = z.object({
  would_retry: count,
  skipped: z.partialRecord(verdict, count).meta({ description: 'Left as they are, by verdict.' }),
  failed: z
    .array(z.object({ name, why: z.string() }))
    .meta({ description: 'Could not be sent as things are now, with why.' }),
  eta_ms: milliseconds,
});

export const job = z.object({
  id: z.string(),
  kind: z.literal('retry'),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  done: count,
  of: count,
  retried: count,
  skipped: count,
  failed: z.array(z.object({ name, why: z.string() })),
  eta_ms: milliseconds,
});

export const edit = z.strictObject({
  patch: z.record(z.string(), z.unknown()).meta({
    description: 'JSON merge patch (RFC 7386) of `router_data.request`.',
  }),
  reason,
});
export const resolution = z
  .strictObject({
    status: z.enum(['success', 'failure']),
    transaction_id: z.string().min(1).max(255).optional(),
    code: z.string().min(1).max(255).optional(),
    message: z.string().min(1).max(1_000).optional(),
    reason,
  })
  .refine(({ status, transaction_id }) => status === 'failure' || transaction_id !== undefined, {
    error: "a success needs the processor's transaction_id",
  });
export const discard = z.strictObject({ names: z.array(name).min(1).max(1_000), reason });

export const proposal = z
  .object({
    id: z.string(),
    state: z.enum([...APPROVAL_STATES, 'expired']).meta({
      description: 'A proposal that stays `approved` was begun, and whether it was carried out is not known.',
    }),
    action: z.enum(APPROVABLE),
    letter: name,
    merchant_id: z.string(),
    payment_id: z.string(),
    operation,
    idempotency_key: z.string(),
    by: z.string(),
    reason: z.string(),
    at: time,
    expires_at: time,
    settled: z
      .object({
        status: z.enum(['success', 'failure']),
        transaction_id: z.string().optional(),
        code: z.string().optional(),
        message: z.string().optional(),
      })
      .optional(),
    decided: z.object({ by: z.string(), reason: z.string(), at: time }).optional(),
    failure: z
      .string()
      .optional()
      .meta({ description: 'Why it was approved, and could not be carried out.' }),
  })
  .meta({ description: 'An action that waits for a second person, or did.' });
export const proposalDetail = proposal.extend({
  patch: z.unknown().optional().meta({ description: 'Of an edit: what it changes, masked.' }),
});
export const proposalPage = page(proposal).extend({
  required_for: z.array(z.enum(APPROVABLE)).meta({ description: 'What needs a second person here.' }),
});
export const proposalQuery = z.object({
  waiting: z.stringbool().default(false).meta({ description: 'Only those that can still be decided.' }),
  ...pageQuery,
});
export const decision = z.strictObject({ reason });
export const done = z.object({
  done: count,
  proposed: z
    .array(proposal)
    .optional()
    .meta({ description: 'Not done, but kept until a second person agrees.' }),
});

export type Job = z.infer<typeof job>;

/** @param asked as the query or the order has it */
export function letterFilterOf(asked: {
  readonly queue?: Queue;
  readonly merchant?: string;
  readonly operation?: string;
  readonly verdict?: Verdict;
  readonly cause?: string;
  readonly reason?: string;
  readonly error?: string;
  readonly from?: string;
  readonly to?: string;
}): LetterFilter {
  return {
    ...(asked.queue !== undefined && { queue: asked.queue }),
    ...(asked.merchant !== undefined && { merchantId: asked.merchant }),
    ...(asked.operation !== undefined && { operation: asked.operation }),
    ...(asked.verdict !== undefined && { verdict: asked.verdict }),
    ...(asked.cause !== undefined && { cause: asked.cause }),
    ...(asked.reason !== undefined && { reason: asked.reason }),
    ...(asked.error !== undefined && { error: asked.error }),
    ...(asked.from !== undefined && { since: new Date(asked.from) }),
    ...(asked.to !== undefined && { until: new Date(asked.to) }),
  };
}
