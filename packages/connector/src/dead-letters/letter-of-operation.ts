/** The letter of an operation in doubt, made of what is known of it: its record, and its request where that is still kept. */
import { originSeqOf, type StoredRecord } from '@nats-bridge/messaging';
import { encodeHeaderValue, HEADER, type Headers, type OperationRecord } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { type NewDeadLetter, requestHeadersOf } from './dead-letter.js';

export type OperationInDoubt = Pick<
  NewDeadLetter,
  'merchantId' | 'idempotencyKey' | 'operation' | 'paymentId' | 'retry' | 'reason'
> & {
  /** Undefined when nothing was recorded of it. */
  readonly record: OperationRecord | undefined;
  /** Undefined when neither the work stream nor its archive has it any longer. */
  readonly request: StoredRecord | undefined;
};

export function letterOfOperation(
  { record, request, ...operation }: OperationInDoubt,
  { jetstream }: Pick<BridgeConfig, 'jetstream'>,
): NewDeadLetter {
  return {
    ...operation,
    error: record?.reason,
    attempts: record?.attempt ?? 0,
    worker: record?.state === 'sent' ? undefined : record?.by, // else it is the bridge that sent it
    verdict: 'unknown',
    original: {
      stream: jetstream.stream_name,
      seq: request === undefined ? 0 : originSeqOf(request.headers) || request.seq,
      subject: request?.subject ?? '',
      consumer: '',
      msgId: request?.headers[HEADER.msgId] ?? '',
    },
    requestHeaders:
      request === undefined ? headersNaming(operation, record) : requestHeadersOf(request.headers),
    body: request?.body ?? new Uint8Array(),
  };
}

/** Enough to find its record by, and to know which of its tries this is. */
function headersNaming(
  { merchantId, idempotencyKey, operation, paymentId, retry }: Omit<OperationInDoubt, 'record' | 'request'>,
  record: OperationRecord | undefined,
): Headers {
  const named = { merchantId, idempotencyKey, operation, paymentId };
  const correlationId = record?.correlationId ?? '';
  return {
    ...Object.fromEntries(
      Object.entries({ ...named, correlationId }).map(([name, value]) => [
        HEADER[name as keyof typeof HEADER],
        encodeHeaderValue(value),
      ]),
    ),
    ...(retry > 0 && { [HEADER.retry]: String(retry) }),
  };
}
