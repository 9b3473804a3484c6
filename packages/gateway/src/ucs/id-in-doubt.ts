/** The id an answer carries while the processor's own is not known (without one, a pending payment ends as failed: docs/hyperswitch.md, How it reads an answer). */
import {
  aliasOf,
  idempotencyKey,
  type Operation,
  type OperationRow,
  type RouterData,
} from '@nats-bridge/protocol';

/** A question is answered with the id it was asked with, or else with the alias of what it asks about. */
export function idInDoubt(
  row: OperationRow & { readonly operation: Operation },
  data: RouterData,
): string | undefined {
  if (row.movesMoney) return aliasFor(row.operation, data);
  if (row.operation === 'sync') return aliasFor('authorize', data);
  if (row.operation === 'refund_sync')
    return text(data.request.connector_refund_id) ?? text(data.request.refund_id) ?? aliasFor('refund', data);
  return undefined;
}

function aliasFor(operation: Operation, data: RouterData): string | undefined {
  if (operation === 'authorize' && data.attempt_id === '') return undefined;
  const key = idempotencyKey(operation, data);
  return key === undefined ? undefined : aliasOf(key);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
