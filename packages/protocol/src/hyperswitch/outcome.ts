/** What became of an operation, as a caller sees it: answered, unknown, or never sent. */
import { BridgeError, type ValidationError } from '../bridge-error.js';
import type { BridgeResponse } from '../message/response.js';
import type { RouterData } from '../message/router-data.js';
import { isReturn, type Operation, type OperationRow, operationRow } from '../operation-catalogue.js';
import { statusByName } from './status.js';

export type OutcomeError = {
  readonly code: string;
  readonly message: string;
  readonly reason?: string;
  readonly networkDeclineCode?: string;
  readonly networkAdviceCode?: string;
  readonly networkErrorMessage?: string;
};

type OutcomeBase = {
  readonly operation: Operation;
  /** A UCS status by name (`CHARGED`, `REFUND_PENDING` …); empty for operations without one. */
  readonly status: string;
  /** HTTP-like, as Hyperswitch understands it (specification, error response mapping). */
  readonly statusCode: number;
  readonly correlationId: string;
};

export type Outcome =
  | (OutcomeBase & {
      readonly kind: 'answered';
      readonly transactionId?: string;
      readonly error?: OutcomeError;
      readonly reply: BridgeResponse;
    })
  /** It may have happened: ask with sync, never repeat under a new key. */
  | (OutcomeBase & { readonly kind: 'unknown'; readonly error: OutcomeError })
  /** It has not happened and will not. */
  | (OutcomeBase & { readonly kind: 'not_sent'; readonly error: OutcomeError });

/** The status code of what a worker answers as failed. */
export const FAILED_STATUS_CODE = 400;

type Call = { readonly operation: Operation; readonly data: RouterData; readonly correlationId: string };

/**
 * Reads a worker's reply as the outcome of the call.
 *
 * @throws BridgeError INVALID_WORKER_REPLY when it names a status that UCS does not have.
 */
export function outcomeOfReply(call: Call, reply: BridgeResponse): Outcome {
  const row = operationRow(call.operation);
  const failed = reply.status === 'failure';
  return {
    kind: 'answered',
    operation: call.operation,
    correlationId: call.correlationId,
    status: explicitStatus(row, reply) ?? impliedStatus(row, call.data, reply),
    statusCode: failed ? FAILED_STATUS_CODE : 200,
    transactionId: reply.transaction_id ?? undefined,
    error: failed ? replyError(reply) : undefined,
    reply,
  };
}

/** Reads a failure of the bridge as the outcome of the call: in doubt it is pending, never failed (P4). */
export function outcomeOfError(call: Call, error: BridgeError): Outcome {
  const row = operationRow(call.operation);
  const base = {
    operation: call.operation,
    correlationId: call.correlationId,
    statusCode: error.statusCode,
    error: { code: error.code, message: error.message },
  };
  if (error.phase === 'sent_unknown') return { ...base, kind: 'unknown', status: row.status.unknown };
  return { ...base, kind: 'not_sent', status: statusOfUnsent(row, call.data, error) };
}

function statusOfUnsent(
  { isQuestion, beginsPayment, status }: OperationRow,
  data: RouterData,
  { code }: BridgeError,
): string {
  // A question that could not be asked says nothing about the payment, nor does a return that nobody heard of: the
  // customer may have paid where he was.
  if (isQuestion || (beginsPayment && isReturn(data))) return status.unknown;
  return (code === 'RATE_LIMITED' ? status.limited : undefined) ?? status.failure;
}

function explicitStatus(row: OperationRow, reply: BridgeResponse): string | undefined {
  const name = row.statusKind === 'refund' ? reply.refund_status : reply.attempt_status;
  if (name === undefined || name === null || row.statusKind === 'none') return undefined;
  const status = statusByName(row.statusKind, name);
  if (status !== undefined) return status;
  throw new BridgeError(
    'INVALID_WORKER_REPLY',
    `the reply to ${row.operation} has the status "${name.slice(0, 40)}", which UCS does not know; see docs/contract.md for the names`,
  );
}

function impliedStatus(row: OperationRow, data: RouterData, reply: BridgeResponse): string {
  if (row.statusKind === 'none') return '';
  if (reply.status === 'failure') return row.status.failure;
  if (reply.redirection && row.statusKind === 'payment') return 'AUTHENTICATION_PENDING';
  if (reply.status === 'processing') return row.status.processing;
  if (row.status.success !== 'by_capture_method') return row.status.success;
  const isCapturedLater = ['MANUAL', 'MANUAL_MULTIPLE', 'SCHEDULED'].includes(
    String(data.request.capture_method),
  );
  return isCapturedLater && !reply.amount_captured ? 'AUTHORIZED' : 'CHARGED';
}

function replyError(reply: BridgeResponse): OutcomeError {
  const error = reply.error;
  return {
    code: error?.code ?? 'WORKER_FAILURE',
    message: error?.message ?? 'The worker answered "failure" and gave no reason',
    reason: error?.reason ?? undefined,
    networkDeclineCode: error?.network_decline_code ?? undefined,
    networkAdviceCode: error?.network_advice_code ?? undefined,
    networkErrorMessage: error?.network_error_message ?? undefined,
  };
}

/** A reply that is not one: what the worker meant is unknown. */
export function invalidReply(cause: ValidationError): BridgeError {
  return new BridgeError('INVALID_WORKER_REPLY', `The worker's reply was refused: ${cause.message}`, {
    cause,
  });
}
