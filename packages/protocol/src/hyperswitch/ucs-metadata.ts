/** gRPC metadata of a UCS call, read once at the door, and written again by who calls a UCS (docs/hyperswitch.md, What it says of a call). */
import { ValidationError } from '../bridge-error.js';
import type { ConnectorAuthType, RouterData } from '../message/router-data.js';
import type { OperationRow } from '../operation-catalogue.js';

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
  /** How an external vault is to be used, as it came; may hold credentials. */
  readonly externalVaultMetadata?: string;
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
    externalVaultMetadata: get('x-external-vault-metadata') || undefined,
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

/**
 * The metadata Hyperswitch would send with a call of this operation: {@link readUcsMetadata} reads the same of it. What
 * RouterData does not have is left out.
 *
 * @throws ValidationError for credentials of a type that UCS has no metadata for; never with a credential.
 */
export function ucsMetadataOf(row: OperationRow, data: RouterData): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {
    [connectorHeader(row)]: data.connector,
    'x-merchant-id': data.merchant_id,
    'x-lineage-ids': lineageOf(data),
    'x-shadow-mode': 'false',
    'x-proxy-name': 'primary',
    ...authMetadata(data.connector_auth_type),
  };
  const values: Readonly<Record<string, string | undefined>> = {
    'x-reference-id': data.payment_id,
    'x-resource-id': resourceIdOf(row, data),
    'x-request-id': data.request_id,
    'x-tenant-id': data.tenant_id,
    'x-external-vault-metadata': data.external_vault_metadata,
  };
  for (const [name, value] of Object.entries(values)) if (value) metadata[name] = value;
  return metadata;
}

function connectorHeader({ methods: [method = ''] }: OperationRow): string {
  if (method.startsWith('PayoutService/')) return 'x-payout-connector';
  return method.startsWith('SurchargeService/') ? 'x-surcharge-connector' : 'x-connector';
}

function resourceIdOf({ statusKind }: OperationRow, data: RouterData): string | undefined {
  if (statusKind === 'refund') return data.refund_id;
  return statusKind === 'payout' ? data.payout_id : data.attempt_id;
}

function lineageOf({ merchant_id, profile_id }: RouterData): string {
  const lineage = new URLSearchParams({ merchant_id });
  if (profile_id !== undefined) lineage.set('profile_id', profile_id);
  return lineage.toString();
}

function authMetadata(auth: ConnectorAuthType): Record<string, string> {
  const metadata: Record<string, string> = {};
  if (auth.connector_config !== undefined)
    metadata['x-connector-config'] = JSON.stringify(auth.connector_config);
  if (auth.auth_type === 'ConnectorConfig') return metadata;
  const name = Object.keys(AUTH_TYPES).find((candidate) => AUTH_TYPES[candidate]?.tag === auth.auth_type);
  if (name === undefined)
    throw new ValidationError(
      `UCS has no metadata for credentials of type ${auth.auth_type.slice(0, 40)}: use one of ${Object.values(
        AUTH_TYPES,
      )
        .map(({ tag }) => tag)
        .join(', ')}`,
    );
  // Hyperswitch writes this one so.
  metadata['x-auth'] = name === 'nokey' ? 'NoKey' : name;
  for (const field of AUTH_TYPES[name]?.fields ?? [])
    metadata[`x-${field.replace('_', '-')}`] = credential(auth, field);
  if (auth.auth_type === 'CurrencyAuthKey')
    metadata['x-auth-key-map'] = JSON.stringify(auth.auth_key_map ?? {});
  return metadata;
}

function credential(auth: ConnectorAuthType, field: string): string {
  const value = auth[field];
  if (typeof value === 'string') return value;
  throw new ValidationError(`connector_auth_type ${auth.auth_type} has no ${field}`);
}
