/** RouterData from a UCS request and its metadata, and the UCS method that RouterData came from. */
import { ValidationError } from '../bridge-error.js';
import type { RouterData } from '../message/router-data.js';
import type { OperationRow } from '../operation-catalogue.js';
import { UCS_METHODS, type UcsMethod, ucsFieldNames } from '../ucs/schema.js';
import type { UcsMetadata } from './ucs-metadata.js';

type UcsRequest = Readonly<Record<string, unknown>>;

/** Where the merchant's own id of the attempt stands, by request type. */
const ATTEMPT_ID_FIELDS = [
  'merchant_transaction_id',
  'merchant_capture_id',
  'merchant_void_id',
  'merchant_charge_id',
  'merchant_recurring_payment_id',
  'merchant_reverse_id',
  'merchant_authorization_id',
  'merchant_revoke_id',
  'merchant_dispute_id',
] as const;

/**
 * Rebuilds Hyperswitch's RouterData. `request` holds the decoded UCS request whole, so that nothing is lost on
 * the way to a worker and encoding it again gives the same bytes.
 */
export function routerDataFromUcs(row: OperationRow, request: UcsRequest, metadata: UcsMetadata): RouterData {
  const isRefund = row.statusKind === 'refund';
  const isPayout = row.statusKind === 'payout';
  const resourceId = metadata.resourceId;
  const attemptId =
    (isRefund || isPayout ? undefined : resourceId) ?? firstText(request, ATTEMPT_ID_FIELDS) ?? '';
  const data: Record<string, unknown> = {
    merchant_id: metadata.merchantId,
    payment_id: metadata.referenceId ?? attemptId,
    attempt_id: attemptId,
    connector: metadata.connector,
    connector_auth_type: metadata.auth,
    request,
    test_mode: request.test_mode === true,
  };
  set(data, 'refund_id', isRefund ? (resourceId ?? firstText(request, ['merchant_refund_id'])) : undefined);
  set(data, 'payout_id', isPayout ? (resourceId ?? firstText(request, ['merchant_payout_id'])) : undefined);
  set(data, 'payment_method', paymentMethodOf(request));
  set(data, 'metadata', parsedMetadata(request.metadata));
  set(data, 'tenant_id', metadata.tenantId);
  set(data, 'profile_id', metadata.profileId);
  set(data, 'request_id', metadata.requestId);
  set(data, 'external_vault_metadata', metadata.externalVaultMetadata);
  return data as RouterData;
}

/**
 * The method a request was sent to: of those that the operation has, the first whose request message has all its
 * fields (a card proxy, for instance, only ProxyAuthorize has). Fields that none of them has are a later contract's,
 * and take no part. Of a method that was renamed it is today's name.
 *
 * @throws ValidationError that names the fields which no single method has together.
 */
export function ucsMethodOf(row: OperationRow, request: UcsRequest): UcsMethod {
  const methods = ucsMethodsOf(row);
  const fieldsOf = (method: UcsMethod) => ucsFieldNames(method.requestType);
  const present = Object.keys(request).filter(
    (field) => request[field] !== undefined && methods.some((method) => fieldsOf(method).has(field)),
  );
  const found = methods.find((method) => present.every((field) => fieldsOf(method).has(field)));
  if (found !== undefined) return found;
  const telling = present.filter((field) => !methods.every((method) => fieldsOf(method).has(field)));
  throw new ValidationError(
    `the request of ${row.operation} has fields of different methods (${row.methods.join(', ')}): ${telling.slice(0, 5).join(', ')}`,
  );
}

/** The UCS methods of an operation, as its row names them. */
export function ucsMethodsOf(row: OperationRow): readonly UcsMethod[] {
  return row.methods.flatMap((name) => METHOD_BY_NAME.get(name) ?? []);
}

const METHOD_BY_NAME = new Map(UCS_METHODS.map((entry) => [`${entry.service}/${entry.method}`, entry]));

/** The payment method's oneof has one member, which names it. */
function paymentMethodOf(request: UcsRequest): string | undefined {
  const method = request.payment_method;
  return method !== null && typeof method === 'object' ? Object.keys(method)[0] : undefined;
}

/** Merchant metadata is JSON in a string; what does not parse is passed on as it came. */
function parsedMetadata(metadata: unknown): unknown {
  if (typeof metadata !== 'string') return undefined;
  try {
    return JSON.parse(metadata);
  } catch {
    return metadata;
  }
}

function firstText(source: UcsRequest, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const value = source[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function set(target: Record<string, unknown>, field: string, value: unknown): void {
  if (value !== undefined) target[field] = value;
}
