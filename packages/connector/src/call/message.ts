/** The message of an exchange: the specification's request, its subject and its headers. */
import type { RequestMessage } from '@nats-bridge/messaging';
import {
  answerSubject,
  type BridgeRequest,
  buildRequestHeaders,
  encodeBody,
  recordSubject,
  subjectFor,
  TTL_HEADER,
  webhookSubject,
} from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf } from '../config/bridge-config.js';
import { recoveryMsOf } from '../config/retention.js';
import { type Exchange, mayBeGuarded } from './exchange.js';

/**
 * @param mayExpire whether the stream lets go of messages at the time their header says
 * @param instance names who waits for answers that have no record
 * @param repeatUntil milliseconds since the epoch
 */
export function messageOf(
  exchange: Exchange,
  config: BridgeConfig,
  mayExpire: boolean,
  instance: string,
  repeatUntil?: number,
): RequestMessage {
  const { operation, row, data, key, correlationId, deadlineAt, isDurable, pool, trace } = exchange;
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
  const idempotencyKey = key ?? `${operation}:${correlationId}`;
  const replyTo = !isDurable
    ? undefined
    : key === undefined
      ? answerSubject(data.merchant_id, operation, instance, correlationId)
      : recordSubject(data.merchant_id, key);
  const headers = buildRequestHeaders({
    merchantId: data.merchant_id,
    paymentId: data.payment_id,
    idempotencyKey,
    testMode: data.test_mode,
    correlationId,
    operation,
    deadlineAt,
    contentType,
    replyTo,
    traceparent: typeof trace === 'string' ? trace : trace?.traceparent,
  });
  if (isDurable && mayExpire)
    headers[TTL_HEADER] = `${secondsToLive(deadlineAt, mayBeGuarded(exchange), config)}s`;
  return {
    subject:
      row.channel === 'webhooks'
        ? webhookSubject(data.merchant_id, data.connector, pool)
        : subjectFor(subjectTemplateOf(config, operation, pool), data.merchant_id),
    body,
    headers,
    msgId: `${data.merchant_id}:${idempotencyKey}`.replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent),
    correlationId,
    replyTo,
    deadlineAt: exchange.waitUntil ?? deadlineAt,
    isHeardAsItPasses: exchange.workers === 'subscribers',
    repeatUntil,
    signal: exchange.signal,
  };
}

function bodyOf(request: BridgeRequest, msgpackAbove: number) {
  const json = encodeBody(request);
  if (msgpackAbove === 0 || json.byteLength <= msgpackAbove)
    return { body: json, contentType: 'application/json' } as const;
  return { body: encodeBody(request, 'application/msgpack'), contentType: 'application/msgpack' } as const;
}

/**
 * A net for what nobody takes out: a request to a worker without records is gone at its deadline; one that the guard
 * watches, or may watch, may be delivered again after it, to find out what became of it.
 */
export function secondsToLive(
  deadlineAt: number,
  isGuarded: boolean,
  config: Pick<BridgeConfig, 'jetstream'>,
): number {
  const recoveryMs = isGuarded ? recoveryMsOf(config) : 0;
  return Math.max(1, Math.ceil((deadlineAt - Date.now() + recoveryMs) / 1_000));
}

/** Context beside the payment, as text. */
function metadataOf({ data }: Exchange): Record<string, string> {
  const metadata: Record<string, string> = { connector: data.connector };
  if (data.tenant_id !== undefined) metadata.tenant_id = data.tenant_id;
  if (data.profile_id !== undefined) metadata.profile_id = data.profile_id;
  if (data.request_id !== undefined) metadata.request_id = data.request_id;
  return metadata;
}
