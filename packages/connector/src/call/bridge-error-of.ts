/** What went wrong in messaging, in the codes of the contract. */
import { MessagingError } from '@nats-bridge/messaging';
import { BridgeError, type BridgeErrorCode, ERROR_CODES, ValidationError } from '@nats-bridge/protocol';

/** Codes of messaging that the contract calls otherwise. */
const RENAMED: Readonly<Record<string, BridgeErrorCode>> = {
  CONNECTION_CLOSED: 'SHUTTING_DOWN',
  STORE_UNCONFIRMED: 'NATS_TIMEOUT',
  BODY_UNAVAILABLE: 'INTERNAL_ERROR',
  PERMISSION_DENIED: 'STORE_REFUSED',
};

/** Codes whose message is the specification's, whatever the detail; the cause keeps it. */
const SPECIFIED = new Set<BridgeErrorCode>(['NATS_TIMEOUT', 'NO_WORKERS_AVAILABLE']);

export function bridgeErrorOf(thrown: unknown): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  if (!(thrown instanceof MessagingError))
    return new BridgeError('INTERNAL_ERROR', 'The bridge failed; its log has the cause', { cause: thrown });
  if (thrown.code === 'INVALID_MESSAGE') return new ValidationError(thrown.message, { cause: thrown });
  const code =
    RENAMED[thrown.code] ??
    (thrown.code in ERROR_CODES ? (thrown.code as BridgeErrorCode) : 'INTERNAL_ERROR');
  const message = SPECIFIED.has(code) ? ERROR_CODES[code].message : thrown.message;
  return new BridgeError(code, message, { cause: thrown, phase: thrown.phase });
}
