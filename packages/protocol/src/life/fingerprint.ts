/** What tells a repeat from another request under the same idempotency key. */
import { createHash } from 'node:crypto';
import type { RouterData } from '../message/router-data.js';

/**
 * Card data must not be guessable from a hash; ids of the processor may not have been known to the first request;
 * the rest differs from call to call without another meaning.
 */
const LEFT_OUT = new Set([
  'payment_method',
  'browser_info',
  'metadata',
  'connector_feature_data',
  'connector_transaction_id',
  'connector_refund_id',
  'connector_payout_id',
  'state',
]);

/**
 * A short hash of what the request asks for: amounts, currency, references, how to capture. The payment method, the
 * browser, free metadata and the processor's ids take no part, nor does the order of fields.
 */
export function fingerprintOf({ request }: RouterData): string {
  let asked = '';
  for (const name of Object.keys(request).sort())
    if (!LEFT_OUT.has(name) && request[name] !== undefined) asked += `${name}=${canonical(request[name])};`;
  return shortHash(asked);
}

/** A short hash of a value, the same whatever the order of its fields: 16 letters, digits, `-` and `_`. */
export function shortHashOf(value: unknown): string {
  return shortHash(canonical(value));
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = value as Record<string, unknown>;
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  return `{${names
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(fields[name])}`)
    .join(',')}}`;
}
