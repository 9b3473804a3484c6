/** Which error a request ends with when its time is over. */
import { type ErrorPhase, type MessagingError, ReplyTimeoutError } from '../errors.js';
import type { PendingRequest } from './pending-requests.js';

/** A refusal tells more than a timeout, unless another attempt was never answered. */
export function endOfWait(request: PendingRequest): MessagingError {
  const { refusedWith, published, refused } = request;
  return refusedWith !== undefined && published === refused ? refusedWith : timeoutOf(request);
}

export function timeoutOf(request: PendingRequest): ReplyTimeoutError {
  const { subject, startedAt, stored } = request;
  return new ReplyTimeoutError(subject, phaseOf(request), Date.now() - startedAt, stored?.seq);
}

/** Nothing can have happened when nothing was published, or the stream refused every attempt for certain. */
export function phaseOf(request: PendingRequest): ErrorPhase {
  if (request.published > request.refused) return 'sent_unknown';
  return request.refusedWith?.phase ?? 'before_send';
}
