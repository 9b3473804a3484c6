/** The message of an exchange: the specification's request, its subject and its headers. */
import type { RequestMessage } from '@nats-bridge/messaging';
import {
  type BridgeRequest,
  buildRequestHeaders,
  encodeBody,
  recordSubject,
  subjectFor,
  webhookSubject,
} from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf } from './config/bridge-config.js';
import type { Exchange } from './exchange.js';

export function messageOf(exchange: Exchange, config: BridgeConfig): RequestMessage {
  const { operation, row, data, key, correlationId, deadlineAt } = exchange;
  const request: BridgeRequest = {
    operation,
    merchant_id: data.merchant_id,
    payment_id: data.payment_id,
    router_data: data,
    metadata: metadataOf(exchange),
    correlation_id: correlationId,
    timestamp: Math.floor(Date.now() / 1_000),
  };
  const { body, contentType } = bodyOf(request, config.msgpack_above_bytes);
  const isDurable = config.jetstream_enabled && row.channel === 'payments' && key !== undefined;
  const idempotencyKey = key ?? `${operation}:${correlationId}`;
  return {
    subject:
      row.channel === 'webhooks'
        ? webhookSubject(data.merchant_id, data.connector)
        : subjectFor(subjectTemplateOf(config, operation), data.merchant_id),
    body,
    headers: buildRequestHeaders({
      merchantId: data.merchant_id,
      paymentId: data.payment_id,
      idempotencyKey,
      testMode: data.test_mode,
      correlationId,
      operation,
      deadlineAt,
      contentType,
      traceparent: exchange.traceparent,
    }),
    msgId: `${data.merchant_id}:${idempotencyKey}`.replaceAll(/[^\x21-\x7e]/g, encodeURIComponent),
    correlationId,
    ...(isDurable && { replyTo: recordSubject(data.merchant_id, idempotencyKey) }),
    deadlineAt,
    signal: exchange.signal,
  };
}

function bodyOf(request: BridgeRequest, msgpackAbove: number) {
  const json = encodeBody(request);
  if (msgpackAbove === 0 || json.byteLength <= msgpackAbove)
    return { body: json, contentType: 'application/json' } as const;
  return { body: encodeBody(request, 'application/msgpack'), contentType: 'application/msgpack' } as const;
}

/** Context beside the payment, as text. */
function metadataOf({ data }: Exchange): Record<string, string> {
  const metadata: Record<string, string> = { connector: data.connector };
  if (data.tenant_id !== undefined) metadata.tenant_id = data.tenant_id;
  if (data.profile_id !== undefined) metadata.profile_id = data.profile_id;
  if (data.request_id !== undefined) metadata.request_id = data.request_id;
  return metadata;
}
