/** The worker's reply that says what a UCS answered: the whole answer, and the same in the words of the contract. */

import type { BridgeResponse } from '../message/response.js';
import type { OperationRow } from '../operation-catalogue.js';
import { saysFailed, statusNames } from './status.js';
import { statusFieldOf } from './ucs-response.js';

type UcsMessage = Readonly<Record<string, unknown>>;

/** A later question will say more. */
const PROCESSING: ReadonlySet<unknown> = new Set([
  'STARTED',
  'PAYMENT_METHOD_AWAITED',
  'DEVICE_DATA_COLLECTION_PENDING',
  'CONFIRMATION_AWAITED',
  'AUTHENTICATION_PENDING',
  'AUTHORIZING',
  'CAPTURE_INITIATED',
  'VOID_INITIATED',
  'COD_INITIATED',
  'PENDING',
  'REFUND_MANUAL_REVIEW',
  'REFUND_PENDING',
  'INITIATED',
  'AUTHORIZATION_PROCESSING',
  'MANDATE_PENDING',
  'OPERATION_STATUS_PENDING',
  'RECHARGE_PENDING',
]);

/** @param message the decoded response, whose type is `responseType` */
export function replyOfUcsResponse(
  row: OperationRow,
  responseType: string,
  message: UcsMessage,
): BridgeResponse {
  const error = errorOf(message);
  const status = statusOf(row, message);
  const mandate = mandateOf(message);
  const id = row.idField === undefined ? undefined : message[row.idField];
  return {
    status: verdictOf(row, message, error !== undefined, status),
    ...(typeof id === 'string' && id !== '' && { transaction_id: id }),
    ...(error !== undefined && { error }),
    ...(typeof status === 'string' && { [statusNameOf(row)]: status }),
    ...(isObject(message.redirection_data) && { redirection: message.redirection_data }),
    ...(mandate !== undefined && { mandate_reference: mandate }),
    ...(typeof message.captured_amount === 'number' && { amount_captured: message.captured_amount }),
    ucs_response: { type: responseType, message },
  };
}

function statusNameOf({ statusKind }: OperationRow): 'attempt_status' | 'refund_status' {
  return statusKind === 'refund' ? 'refund_status' : 'attempt_status';
}

/** A number is a status younger than this build; undefined where the kind of answer has none. */
function statusOf({ statusKind }: OperationRow, message: UcsMessage): unknown {
  if (statusKind === 'none') return undefined;
  // The first of an enumeration is its default, which is not written.
  return message[statusFieldOf(statusKind) ?? ''] ?? statusNames(statusKind)[0];
}

function verdictOf(
  row: OperationRow,
  message: UcsMessage,
  hasError: boolean,
  status: unknown,
): BridgeResponse['status'] {
  if (row.statusKind === 'none') return hasError ? 'failure' : 'success';
  if (status === row.status.success && !hasError) return 'success';
  if (saysFailed(status)) return 'failure';
  if (PROCESSING.has(status) || typeof status !== 'string') return 'processing';
  if (!hasError) return status.endsWith('UNRESOLVED') ? 'processing' : 'success';
  // An error of the processor's own says nothing about the money (docs/hyperswitch.md, How it reads an answer).
  const code = Number(message.status_code ?? 0);
  return status.endsWith('UNSPECIFIED') && code >= 500 && code <= 511 ? 'processing' : 'failure';
}

/** By the older field or its successor, which is the connector's own variant alone. */
function mandateOf({ mandate_reference, mandate_reference_details: own }: UcsMessage) {
  if (isObject(mandate_reference)) return mandate_reference;
  return isObject(own) ? { connector_mandate_id: own } : undefined;
}

/** Code and message of the connector, which Hyperswitch needs both of, and what the network said. */
function errorOf(message: UcsMessage): BridgeResponse['error'] | undefined {
  const info = message.error ?? message.error_info;
  if (!isObject(info)) return undefined;
  const connector = objectIn(info, 'connector_details');
  const unified = objectIn(info, 'unified_details');
  const issuer = objectIn(info, 'issuer_details');
  const network = objectIn(issuer, 'network_details');
  return {
    code: firstText(connector.code, unified.code, issuer.code) ?? 'UCS_ERROR',
    message: firstText(connector.message, unified.message, issuer.message) ?? 'The UCS gave no reason',
    ...given('reason', connector.reason),
    ...given('network_decline_code', network.decline_code),
    ...given('network_advice_code', network.advice_code),
    ...given('network_error_message', network.error_message),
  };
}

function given(name: string, value: unknown): Record<string, string> {
  return typeof value === 'string' && value !== '' ? { [name]: value } : {};
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

function objectIn(parent: UcsMessage, name: string): UcsMessage {
  const child = parent[name];
  return isObject(child) ? child : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
