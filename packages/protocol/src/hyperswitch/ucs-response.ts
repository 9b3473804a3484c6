/** The UCS response that says to Hyperswitch what an outcome says (docs/hyperswitch.md, How it reads an answer). */

import type { BridgeResponse } from '../message/response.js';
import type { OperationRow, StatusKind } from '../operation-catalogue.js';
import { ucsFieldNames } from '../ucs/schema.js';
import { FAILED_STATUS_CODE, type Outcome, type OutcomeError } from './outcome.js';
import { saysFailed } from './status.js';

type UcsMessage = Record<string, unknown>;

/** The response field that holds the status, by kind. */
const STATUS_FIELD: Readonly<Record<StatusKind, string | undefined>> = {
  payment: 'status',
  refund: 'status',
  payout: 'payout_status',
  dispute: 'dispute_status',
  authorization: 'status',
  mandate: 'status',
  token: 'status',
  recharge: 'status',
  none: undefined,
};

export type UcsAnswer = {
  readonly row: OperationRow;
  readonly responseType: string;
  /** The decoded UCS request, whose merchant ids the response repeats. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly outcome: Outcome;
  /** Stands where the processor's id is not known (HYPERSWITCH, first page, 4). */
  readonly alias?: string;
};

/** The response field that holds the status of this kind; undefined for answers without one. */
export function statusFieldOf(kind: StatusKind): string | undefined {
  return STATUS_FIELD[kind];
}

/**
 * Builds the response message of a method, as the object its codec encodes: what the outcome implies first,
 * the worker's own `response` fields over it. Fields the response type does not have are left out. A whole UCS
 * response of this type is taken as it is; only an id that a pending answer needs is added.
 */
export function ucsResponse(answer: UcsAnswer): UcsMessage {
  const { row, outcome, request } = answer;
  const fields = ucsFieldNames(answer.responseType);
  const message: UcsMessage = {};
  const put = (field: string | undefined, value: unknown) => {
    if (field !== undefined && value !== undefined && value !== null && fields.has(field))
      message[field] = value;
  };
  const ucs = outcome.kind === 'answered' ? outcome.reply.ucs_response : undefined;
  if (outcome.kind === 'answered' && ucs?.type === answer.responseType) {
    for (const [field, value] of Object.entries(ucs.message)) put(field, value);
    if (outcome.reply.status !== 'failure') putIdInDoubt(put, message, answer);
    return message;
  }

  for (const field of fields) if (isMerchantId(field)) put(field, request[field]);
  put('status_code', statusCodeOf(outcome));
  put(STATUS_FIELD[row.statusKind], outcome.status || undefined);
  put('refund_amount', request.refund_amount);
  const error = outcome.error && errorInfo(outcome.error);
  put('error', error);
  put('error_info', error);
  if (outcome.kind === 'answered') {
    putReply(put, outcome.reply);
    put(row.idField, outcome.transactionId ?? outcome.reply.token);
    const own = outcome.reply.response ?? ucs?.message ?? {};
    for (const [field, value] of Object.entries(own)) put(field, value);
  }
  putIdInDoubt(put, message, answer);
  if (!isFailedByError(row, message)) return message;
  const { error: _, error_info: __, ...rest } = message;
  return rest;
}

type Put = (field: string, value: unknown) => void;

function putIdInDoubt(put: Put, message: UcsMessage, answer: UcsAnswer): void {
  const { row } = answer;
  if (row.idField !== undefined && !message[row.idField] && answersWithId(row))
    put(row.idField, idInDoubt(answer));
}

function putReply(put: Put, reply: BridgeResponse): void {
  put('redirection_data', reply.redirection);
  for (const [field, value] of Object.entries(mandateFields(reply.mandate_reference))) put(field, value);
  put('network_transaction_id', reply.network_transaction_id);
  put('captured_amount', reply.amount_captured);
  put('session_data', reply.session_data);
  put('payment_method_token', reply.token);
  if (reply.connector_metadata !== undefined && reply.connector_metadata !== null)
    put('connector_feature_data', asText(reply.connector_metadata));
  if (reply.raw_connector_response) put('raw_connector_response', reply.raw_connector_response);
  else if (reply.connector_response !== undefined && reply.connector_response !== null)
    put('raw_connector_response', asText(reply.connector_response));
}

/**
 * A mandate in the fields that UCS messages have for it: `mandate_reference`, and its successor, which is the
 * connector's own variant alone. Versions of Hyperswitch read one or the other
 * (docs/hyperswitch.md, How it reads an answer).
 */
export function mandateFields(reference: BridgeResponse['mandate_reference']): UcsMessage {
  if (!reference) return {};
  const own = reference.connector_mandate_id;
  return { mandate_reference: reference, ...(own !== undefined && { mandate_reference_details: own }) };
}

/** What may have happened has an id, or Hyperswitch could not ask about it again; so has what is asked about. */
function answersWithId(row: OperationRow): boolean {
  return (
    row.movesMoney ||
    ['connector_transaction_id', 'connector_refund_id', 'connector_payout_id'].includes(row.idField ?? '')
  );
}

function idInDoubt({ row, request, alias }: UcsAnswer): unknown {
  const known = request[row.idField ?? ''];
  return typeof known === 'string' && known !== '' ? known : alias;
}

/** What its status leaves open, or leaves as it was, must not become a failure by the error that says why. */
function isFailedByError({ errorMeansFailed, statusKind }: OperationRow, message: UcsMessage): boolean {
  return errorMeansFailed && !saysFailed(message[STATUS_FIELD[statusKind] ?? '']);
}

/**
 * Beside an error, Hyperswitch takes a status code of 500 to 511 to say nothing of a refund, which would stay pending
 * for ever (docs/hyperswitch.md, How it reads an answer). A refund that was not sent has failed, so it is told with the
 * code of a failure; the outcome itself keeps the specification's.
 */
function statusCodeOf({ kind, status, statusCode }: Outcome): number {
  const isRefundNotSent = kind === 'not_sent' && status === 'REFUND_FAILURE';
  return isRefundNotSent && statusCode >= 500 ? FAILED_STATUS_CODE : statusCode;
}

function isMerchantId(field: string): boolean {
  return field.startsWith('merchant_') && field.endsWith('_id');
}

/** Both code and message are required by Hyperswitch, or the shopper sees HTTP 500. */
function errorInfo(error: OutcomeError): UcsMessage {
  const connectorDetails: UcsMessage = { code: error.code, message: error.message };
  if (error.reason !== undefined) connectorDetails.reason = error.reason;
  const network: UcsMessage = {};
  if (error.networkAdviceCode !== undefined) network.advice_code = error.networkAdviceCode;
  if (error.networkDeclineCode !== undefined) network.decline_code = error.networkDeclineCode;
  if (error.networkErrorMessage !== undefined) network.error_message = error.networkErrorMessage;
  const info: UcsMessage = { connector_details: connectorDetails };
  if (Object.keys(network).length > 0) info.issuer_details = { network_details: network };
  return info;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
