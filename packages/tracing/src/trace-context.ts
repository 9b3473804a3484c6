/** W3C trace context: the `traceparent` that travels in gRPC metadata and NATS headers. */
import { TraceFlags } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import type { RemoteSpan } from './span.js';

export type RemoteContext = RemoteSpan & { readonly traceId: string; readonly isSampled: boolean };

/** @returns undefined for what is missing or cannot be read: then a trace begins */
export function readTraceparent(traceparent: string | undefined): RemoteContext | undefined {
  const context = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (context === null) return undefined;
  const { traceId, spanId, traceFlags } = context;
  return { traceId, spanId, traceFlags, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}

export function traceparentOf(
  { traceId, isSampled }: { readonly traceId: string; readonly isSampled: boolean },
  spanId: string,
): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
