/** Idempotency keys, and the aliases of processor ids that are made of them. */

import type { RouterData } from './message/router-data.js';
import { isOperation, type Operation, operationRow, RETURN } from './operation-catalogue.js';

const ALIAS_PREFIX = 'bridge:';

/**
 * The key under which an operation has one effect and one answer (P3), for example `authorize:att_1`,
 * `capture:att_1:ref_2`, `refund:ref_9`, in the tenant `eu` `authorize:eu%40att_1`; undefined for operations of which every call is its own, and
 * where the data names nothing to tell two requests apart.
 */
export function idempotencyKey(operation: Operation, data: RouterData): string | undefined {
  const parts = operationRow(operation).keyParts(data);
  if (parts === undefined || !parts[0]) return undefined;
  const [id, ...others] = parts.filter((part): part is string => Boolean(part)).map(escapePart);
  return [operation, `${tenantPart(data)}${id}`, ...others].join(':');
}

/** The tenant that every Hyperswitch has. */
const DEFAULT_TENANT = 'public';

/** No part holds it, as a part escapes its own `%`. */
const TENANT_END = '%40';

/** Tenants choose the ids of their merchants and payments each for themselves. */
function tenantPart({ tenant_id = DEFAULT_TENANT }: Pick<RouterData, 'tenant_id'>): string {
  return tenant_id === DEFAULT_TENANT || tenant_id === '' ? '' : `${escapePart(tenant_id)}${TENANT_END}`;
}

/** Whether a key is of the tenant of a call. */
export function isKeyOfTenant(key: string, data: Pick<RouterData, 'tenant_id'>): boolean {
  const [, id = ''] = key.split(':');
  const [tenant = '', ...others] = id.split(TENANT_END);
  return (others.length === 0 ? '' : `${tenant}${TENANT_END}`) === tenantPart(data);
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
