/** Which of the requests that wait the server has refused to take, for lack of a permission. */
import { PermissionViolationError } from '@nats-io/nats-core';
import { PermissionDeniedError } from '../errors.js';
import type { PendingRequest } from './pending-requests.js';

export type DeniedRequest = { readonly request: PendingRequest; readonly denial: PermissionDeniedError };

/** @param error what the server said, which names a subject and no message; of anything else none are denied */
export function deniedRequests(pending: Iterable<PendingRequest>, error: Error): readonly DeniedRequest[] {
  if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') return [];
  const denied = [...pending].filter(
    ({ subject, stored }) => subject === error.subject && stored === undefined,
  );
  // Permissions may change: of several publications the first may be stored, and only the last be meant.
  const underWay = denied.reduce((sum, { published, refused }) => sum + published - refused, 0);
  return denied.map((request) => {
    const { subject, published, refused } = request;
    const phase = underWay > 1 && published > refused ? 'sent_unknown' : 'before_send';
    return { request, denial: new PermissionDeniedError('publish', subject, { cause: error }, phase) };
  });
}
