/** The API key of a message's merchant: every request brings its own (Hyperswitch: HeaderKey for Stripe). */
import type { BridgeRequest } from '@nats-bridge/protocol';
import { Refusal } from './refusal.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * `HeaderKey` and `BodyKey` have it as `api_key`; without `x-auth` it stands in the connector's own configuration.
 *
 * @throws Refusal when there is none
 */
export function apiKeyOf(request: BridgeRequest): string {
  const auth = request.router_data.connector_auth_type as Fields;
  const key = textOf(auth.api_key) ?? textOf(configured(auth)?.api_key);
  if (key !== undefined) return key;
  throw new Refusal(
    'missing_credentials',
    `No Stripe API key came with the request (auth_type ${String(auth.auth_type)}): give the connector account in Hyperswitch a HeaderKey`,
  );
}

/** `{ config: { Stripe: { api_key } } }`; under a borrowed connector name the variant has another name. */
function configured(auth: Fields): Fields | undefined {
  const { config } = (auth.connector_config ?? {}) as { config?: Fields };
  return Object.values(config ?? {})[0] as Fields | undefined;
}

/** Secrets may come wrapped as `{ value }`. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'object' && value !== null ? (value as Fields).value : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
