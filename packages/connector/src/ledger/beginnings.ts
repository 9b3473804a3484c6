/** The keys under which the beginning of a payment attempt is recorded. */
import { idempotencyKey, type Operation, type RouterData } from '@nats-bridge/protocol';

/** What a payment may have begun with. A return from a redirect is no beginning: what it brought back is in its key. */
const BEGINNINGS: readonly Operation[] = ['authorize', 'charge', 'setup_mandate'];

/** Those that an attempt has; none for data without an attempt. */
export function keysOfBeginnings(data: RouterData): readonly string[] {
  if (data.attempt_id === '') return [];
  return BEGINNINGS.map((operation) => idempotencyKey(operation, { ...data, request: {} })).filter(
    (key) => key !== undefined,
  );
}
