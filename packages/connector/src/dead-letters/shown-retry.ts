/** What sending many letters again came to, or would: as programs see it, at the command line and over the admin API. */
import type { BulkResult } from './plan-retry.js';

type Left = Pick<BulkResult, 'skipped'> & { readonly failed: { name: string; why: string }[] };

export type ShownRetryPlan = Left & {
  readonly would_retry: number;
  /** How long it would take. */
  readonly eta_ms: number;
};

export type ShownRetry = Left & {
  readonly retried: number;
  /** How long it took. */
  readonly duration_ms: number;
};

export function shownRetryPlan({ retried, skipped, failed, ms }: BulkResult): ShownRetryPlan {
  return { would_retry: retried, skipped, failed: [...failed], eta_ms: ms };
}

export function shownRetry({ retried, skipped, failed, ms }: BulkResult): ShownRetry {
  return { retried, skipped, failed: [...failed], duration_ms: ms };
}
