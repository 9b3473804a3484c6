/** Idempotency keys, and the aliases of processor ids that are made of them. */
import { isOperation, type Operation, operationRow, RETURN } from './operation-catalogue.js';
import type { RouterData } from './router-data.js';

const ALIAS_PREFIX = 'bridge:';

/**
 * The key under which an operation has one effect and one answer (P3), for example `authorize:att_1`,
 * `capture:att_1:ref_2`, `refund:ref_9`; undefined for operations of which every call is its own, and
 * where the data names nothing to tell two requests apart.
 */
export function idempotencyKey(operation: Operation, data: RouterData): string | undefined {
  const parts = operationRow(operation).keyParts(data);
  if (parts === undefined || !parts[0]) return undefined;
  return [operation, ...parts.filter((part): part is string => Boolean(part)).map(escapePart)].join(':');
}

/**
 * The id Hyperswitch gets while the processor's own is not known. Without one, its process tracker ends the
 * payment as failed (docs/hyperswitch.md, How it reads an answer). The alias names the record in which the processor's
 * id will stand.
 */
export function aliasOf(key: string): string {
  return ALIAS_PREFIX + key;
}

/** The idempotency key an alias stands for; undefined when the id is the processor's own. */
export function keyOfAlias(id: string): string | undefined {
  return id.startsWith(ALIAS_PREFIX) ? id.slice(ALIAS_PREFIX.length) : undefined;
}

/** What a key begins with: the operation's name, where {@link idempotencyKey} has made it. */
export function operationInKey(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf(':')));
}

/** The key of what sent the customer away, by that of his return; undefined for a key of anything else. */
export function keyBeforeReturn(key: string): string | undefined {
  const [operation = '', attempt, step] = key.split(':');
  const isReturn = step === RETURN && isOperation(operation) && operationRow(operation).beginsPayment;
  return isReturn ? `${operation}:${attempt}` : undefined;
}

/** Keeps `a:b` + `c` apart from `a` + `b:c`. */
function escapePart(part: string): string {
  return part.replaceAll('%', '%25').replaceAll(':', '%3A');
}
