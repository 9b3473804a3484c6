/** gRPC metadata of a UCS call, read once at the door (HYPERSWITCH 1.6). */
import { ValidationError } from './bridge-error.js';
import type { ConnectorAuthType } from './router-data.js';

/** Metadata by lower-case name, as text. */
export type MetadataReader = (name: string) => string | undefined;

export type UcsMetadata = {
  readonly connector: string;
  readonly merchantId: string;
  readonly auth: ConnectorAuthType;
  /** payment id, unless the merchant sent a reference of his own. */
  readonly referenceId?: string;
  /** attempt id; for refunds the refund id, for payouts the payout attempt id. */
  readonly resourceId?: string;
  readonly requestId?: string;
  readonly tenantId?: string;
  readonly profileId?: string;
  readonly isShadow: boolean;
  readonly traceparent?: string;
};

/** `x-auth` value → Hyperswitch's tag, and which credential headers belong to it. */
const AUTH_TYPES: Readonly<Record<string, { tag: string; fields: readonly string[] }>> = {
  'header-key': { tag: 'HeaderKey', fields: ['api_key'] },
  'body-key': { tag: 'BodyKey', fields: ['api_key', 'key1'] },
  'signature-key': { tag: 'SignatureKey', fields: ['api_key', 'key1', 'api_secret'] },
  'multi-auth-key': { tag: 'MultiAuthKey', fields: ['api_key', 'key1', 'api_secret', 'key2'] },
  'currency-auth-key': { tag: 'CurrencyAuthKey', fields: [] },
  nokey: { tag: 'NoKey', fields: [] },
};

/**
 * Reads what every call must say about itself.
 *
 * @throws ValidationError that names the header at fault and what it must hold; never a header's value.
 */
export function readUcsMetadata(get: MetadataReader): UcsMetadata {
  const connector = get('x-connector') ?? get('x-payout-connector') ?? get('x-surcharge-connector');
  if (!connector)
    throw new ValidationError(
      'metadata x-connector is missing: send the connector name, in snake_case (x-payout-connector or x-surcharge-connector for those services)',
    );
  const merchantId = get('x-merchant-id');
  if (!merchantId)
    throw new ValidationError("metadata x-merchant-id is missing: send Hyperswitch's merchant id");
  return {
    connector,
    merchantId,
    auth: readAuth(get),
    referenceId: get('x-reference-id') || undefined,
    resourceId: get('x-resource-id') || undefined,
    requestId: get('x-request-id') || undefined,
    tenantId: get('x-tenant-id') || undefined,
    profileId: readProfileId(get('x-lineage-ids')),
    isShadow: readBoolean(get('x-shadow-mode'), 'x-shadow-mode'),
    traceparent: get('traceparent') || undefined,
  };
}

function readAuth(get: MetadataReader): ConnectorAuthType {
  const connectorConfig = readJson(get('x-connector-config'), 'x-connector-config');
  const name = get('x-auth');
  if (!name) {
    if (connectorConfig === undefined)
      throw new ValidationError(
        `metadata x-auth is missing: send one of ${Object.keys(AUTH_TYPES).join(', ')} with its keys, or x-connector-config`,
      );
    return { auth_type: 'ConnectorConfig', connector_config: connectorConfig };
  }
  const type = AUTH_TYPES[name.toLowerCase()];
  if (type === undefined)
    throw new ValidationError(`metadata x-auth must be one of ${Object.keys(AUTH_TYPES).join(', ')}`);
  const auth: ConnectorAuthType = { auth_type: type.tag };
  for (const field of type.fields) {
    const header = `x-${field.replace('_', '-')}`;
    const value = get(header);
    if (value === undefined)
      throw new ValidationError(`metadata ${header} is missing: x-auth ${name.toLowerCase()} needs it`);
    auth[field] = value;
  }
  if (type.tag === 'CurrencyAuthKey')
    auth.auth_key_map = readJson(get('x-auth-key-map'), 'x-auth-key-map') ?? {};
  if (connectorConfig !== undefined) auth.connector_config = connectorConfig;
  return auth;
}

function readJson(text: string | undefined, header: string): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ValidationError(`metadata ${header} is not JSON`);
  }
}

function readBoolean(text: string | undefined, header: string): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw new ValidationError(`metadata ${header} must be true or false`);
}

/** `x-lineage-ids` is `merchant_id=…&profile_id=…`, URL-encoded. */
function readProfileId(lineage: string | undefined): string | undefined {
  return lineage === undefined ? undefined : (new URLSearchParams(lineage).get('profile_id') ?? undefined);
}
