/** The keys under which the beginning of a payment attempt is recorded. */
import { idempotencyKey, type Operation, type RouterData } from '@nats-bridge/protocol';

/** What a payment may have begun with; the step after a redirect before the one that led to it. */
const BEGINNINGS: readonly { readonly operation: Operation; readonly request: RouterData['request'] }[] = [
  { operation: 'authorize', request: { redirection_response: {} } },
  { operation: 'authorize', request: {} },
  { operation: 'charge', request: {} },
  { operation: 'setup_mandate', request: {} },
];

/** Latest step first; none for data without an attempt. */
export function keysOfBeginnings(data: RouterData): readonly string[] {
  if (data.attempt_id === '') return [];
  return BEGINNINGS.map(({ operation, request }) => idempotencyKey(operation, { ...data, request })).filter(
    (key) => key !== undefined,
  );
}
