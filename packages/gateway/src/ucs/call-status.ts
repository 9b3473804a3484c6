/** gRPC statuses: for calls that are not calls, and for webhooks that nobody has read. An outcome of a payment is never one of them (docs/hyperswitch.md, Errors over gRPC). */
import { status } from '@grpc/grpc-js';
import { ValidationError } from '@nats-bridge/protocol';
import { describeFault, type OnWarning } from '../warning.js';
import { ShadowCallError } from './read-call.js';
import { WebhookUnreadError } from './webhook-unread.js';

export type CallStatus = { readonly code: status; readonly details: string };

/** The status of a call that has no answer. A fault of ours is told to the operator alone. */
export function statusOfRefusal(method: string, refusal: unknown, onWarning: OnWarning): CallStatus {
  if (refusal instanceof ValidationError) return { code: status.INVALID_ARGUMENT, details: refusal.message };
  if (refusal instanceof ShadowCallError)
    return { code: status.FAILED_PRECONDITION, details: refusal.message };
  if (refusal instanceof WebhookUnreadError) return { code: status.UNAVAILABLE, details: refusal.message };
  onWarning(`${method}: a fault of the bridge, answered INTERNAL: ${describeFault(refusal)}`);
  return {
    code: status.INTERNAL,
    details: `${method} failed inside the bridge; its log says where`,
  };
}
