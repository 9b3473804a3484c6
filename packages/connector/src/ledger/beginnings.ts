/** The keys under which the beginning of a payment attempt is recorded. */
import { idempotencyKey, OPERATIONS, type RouterData } from '@nats-bridge/protocol';

const BEGINNINGS = OPERATIONS.filter(({ beginsPayment }) => beginsPayment);

/**
 * Those that an attempt has; none for data without an attempt. A return from a redirect is no beginning: what it brought
 * back is in its key.
 */
export function keysOfBeginnings(data: RouterData): readonly string[] {
  if (data.attempt_id === '') return [];
  return BEGINNINGS.map(({ operation }) => idempotencyKey(operation, { ...data, request: {} })).filter(
    (key) => key !== undefined,
  );
}
