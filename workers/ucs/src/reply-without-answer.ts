/** Replies for calls that a UCS did not answer: refused, in doubt, or ended by the processor's own error. */
import type { JsonObject, OperationRow } from '@nats-bridge/protocol';
import type { HandlerResponse } from '@nats-bridge/worker';

export type Reason = { readonly code: string; readonly message: string };

/** Nothing happened: it has failed. A question that was refused says nothing about the payment, whose status stays. */
export function replyOfRefusal(row: OperationRow, { code, message }: Reason): HandlerResponse {
  const reply: HandlerResponse = { status: 'failure', error: { code, message } };
  if (!row.isQuestion || row.statusKind === 'none') return reply;
  return row.errorMeansFailed ? replyOfDoubt(row, { code, message }) : { ...reply, ...unchanged(row) };
}

/** It may have happened: pending, never failed. The bridge adds an id by which a later sync can ask. */
export function replyOfDoubt(row: OperationRow, { code, message }: Reason): HandlerResponse {
  if (row.statusKind === 'none') return { status: 'failure', error: { code, message } };
  const error = { connector_details: { code, message } };
  return {
    status: 'processing',
    ...unchanged(row),
    error: { code, message },
    response: { status_code: 504, ...(!row.errorMeansFailed && { error }) },
  };
}

/**
 * The processor's own error. One of its server says nothing about the money (docs/hyperswitch.md, How it reads an answer);
 * nor does 408, with which processors end what takes them too long, or 409, which answers a repeat while the first is in
 * hand (draft-ietf-httpapi-idempotency-key-header).
 */
function saysNothing(statusCode: number): boolean {
  return statusCode === 408 || statusCode === 409 || statusCode >= 500;
}

/** What the processor said, in its own words: it has failed, or is in doubt where that says nothing about the money. */
export function replyOfConnectorError(row: OperationRow, error: JsonObject): HandlerResponse {
  const { error_message, error_code, http_status_code, error_info } = error;
  const details = (error_info as JsonObject | undefined)?.connector_details as JsonObject | undefined;
  const reason = {
    code: text(details?.code) ?? text(error_code) ?? 'CONNECTOR_ERROR',
    message: text(details?.message) ?? text(error_message) ?? 'The processor gave no reason',
  };
  const status_code = Number(http_status_code);
  const reply = saysNothing(status_code) ? replyOfDoubt(row, reason) : replyOfRefusal(row, reason);
  const isNamed = text(details?.code) !== undefined && text(details?.message) !== undefined;
  const mayNameError = !row.errorMeansFailed || reply.status === 'failure';
  return {
    ...reply,
    response: {
      ...(reply.response ?? {}),
      status_code,
      ...(isNamed && mayNameError && { error: error_info }),
    },
  };
}

function unchanged({ statusKind, status }: OperationRow): { readonly [name: string]: string } {
  return statusKind === 'refund' ? { refund_status: status.unknown } : { attempt_status: status.unknown };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
