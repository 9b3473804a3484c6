/** The status names of UCS, by the kind of operation that speaks them. */
import type { StatusKind } from '../operation-catalogue.js';
import { ucsEnum } from '../ucs/schema.js';

const ENUM_OF_KIND: Readonly<Record<Exclude<StatusKind, 'none'>, string>> = {
  payment: 'PaymentStatus',
  refund: 'RefundStatus',
  payout: 'PayoutEnums.PayoutStatus',
  dispute: 'DisputeStatus',
  authorization: 'AuthorizationStatus',
  mandate: 'MandateStatus',
  token: 'OperationStatus',
  recharge: 'RechargeStatus',
};

/** Hyperswitch drops these prefixes in its own vocabulary (`RefundStatus::Success`). */
const PREFIXES = ['', 'REFUND_', 'DISPUTE_', 'AUTHORIZATION_', 'MANDATE_', 'OPERATION_STATUS_', 'RECHARGE_'];

/** Every name a worker may use for this kind, as UCS spells it. */
export function statusNames(kind: Exclude<StatusKind, 'none'>): readonly string[] {
  return Object.keys(ucsEnum(ENUM_OF_KIND[kind]));
}

/**
 * Finds the UCS status a worker means: `CHARGED`, `charged`, `PartialCharged` and, without its prefix,
 * `success` for `REFUND_SUCCESS` are all understood; undefined for what UCS does not have.
 */
export function statusByName(kind: Exclude<StatusKind, 'none'>, name: string): string | undefined {
  const upper = name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
  const known = ucsEnum(ENUM_OF_KIND[kind]);
  const prefix = PREFIXES.find((candidate) => Object.hasOwn(known, candidate + upper));
  return prefix === undefined ? undefined : prefix + upper;
}

const FAILED: ReadonlySet<unknown> = new Set([
  'AUTHENTICATION_FAILED',
  'AUTHORIZATION_FAILED',
  'CAPTURE_FAILED',
  'VOID_FAILED',
  'ROUTER_DECLINED',
  'FAILURE',
  'EXPIRED',
  'REFUND_FAILURE',
  'REFUND_TRANSACTION_FAILURE',
  'FAILED',
  'REVERSED',
  'INELIGIBLE',
  'AUTHORIZATION_FAILURE',
  'MANDATE_REVOKE_FAILED',
  'OPERATION_STATUS_FAILURE',
  'OPERATION_STATUS_AUTHENTICATION_FAILED',
  'OPERATION_STATUS_RATE_LIMITED',
  'OPERATION_STATUS_INVALID_REQUEST',
  'RECHARGE_FAILURE',
]);

/** Whether a UCS status of any kind says that the operation is over, and not as it was asked. */
export function saysFailed(status: unknown): boolean {
  return FAILED.has(status);
}
