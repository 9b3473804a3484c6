/** Whether a message fits into one NATS message of this server. */
import type { NatsConnection } from '@nats-io/nats-core';
import type { WireHeaders } from './message-headers.js';

/** Headers are measured only where they could make the difference. */
const HEADERS_AT_MOST = 16 * 1024;

/** The largest body that goes with these headers when this body is larger; undefined when it fits. */
export function exceededPayload(
  nats: NatsConnection,
  body: Uint8Array,
  headers: WireHeaders,
): number | undefined {
  const limit = nats.info?.max_payload ?? 1024 * 1024;
  if (body.length + HEADERS_AT_MOST <= limit) return undefined;
  const left = limit - headers.encode().length;
  return body.length > left ? left : undefined;
}
