/** The ids of a delivery, for its log lines. */
import { type BridgeRequest, HEADER, type Headers, headerText } from '@nats-bridge/protocol';
import type { DeliveryIds } from '../worker-event.js';

export function idsOf({ correlation_id, payment_id, router_data }: BridgeRequest): DeliveryIds {
  return {
    merchantId: router_data.merchant_id || undefined,
    paymentId: payment_id || undefined,
    attemptId: router_data.attempt_id || undefined,
    correlationId: correlation_id,
  };
}

/** Of a request that could not be read: whose it is, its headers do not prove. */
export function idsInHeaders(headers: Headers): DeliveryIds {
  return { correlationId: headerText(headers, HEADER.correlationId) || undefined };
}
