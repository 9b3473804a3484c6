/** gRPC statuses: for calls that are not calls. A business or unknown outcome is never one of them (HYPERSWITCH 1.8). */
import { status } from '@grpc/grpc-js';
import { ValidationError } from '@nats-bridge/protocol';
import { describeFault, type OnWarning } from '../warning.js';
import { ShadowCallError } from './read-call.js';

export type CallStatus = { readonly code: status; readonly details: string };

/** The status of a call that ended before anything was sent. A fault of ours is told to the operator alone. */
export function statusOfRefusal(method: string, refusal: unknown, onWarning: OnWarning): CallStatus {
  if (refusal instanceof ValidationError) return { code: status.INVALID_ARGUMENT, details: refusal.message };
  if (refusal instanceof ShadowCallError)
    return { code: status.FAILED_PRECONDITION, details: refusal.message };
  onWarning(`${method}: a fault of the bridge, answered INTERNAL: ${describeFault(refusal)}`);
  return {
    code: status.INTERNAL,
    details: `${method} failed inside the bridge; its log says where`,
  };
}
