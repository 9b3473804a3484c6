/**
 * W3C trace context: the `traceparent` that travels in gRPC metadata and NATS headers. Read as OpenTelemetry reads it,
 * without loading that: every process reads them, few export.
 */
import type { RemoteSpan } from './span.js';

export type RemoteContext = RemoteSpan & { readonly traceId: string; readonly isSampled: boolean };

/** Version, trace id, span id, flags, and what only a later version may add. */
const TRACEPARENT =
  /^\s?((?!ff)[\da-f]{2})-((?!0{32})[\da-f]{32})-((?!0{16})[\da-f]{16})-([\da-f]{2})(-.*)?\s?$/;
const SAMPLED = 0x01;

/** @returns undefined for what is missing or cannot be read: then a trace begins */
export function readTraceparent(traceparent: string | undefined): RemoteContext | undefined {
  const parts = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (parts === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = parts;
  if (version === '00' && more !== undefined) return undefined;
  const traceFlags = Number.parseInt(flags, 16);
  return { traceId, spanId, traceFlags, isSampled: (traceFlags & SAMPLED) !== 0 };
}

export function traceparentOf(
  { traceId, isSampled }: { readonly traceId: string; readonly isSampled: boolean },
  spanId: string,
): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
