/** W3C trace context: the `traceparent` that travels in gRPC metadata and NATS headers. */
import { TraceFlags } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

/** The span above, in the same trace. */
export type ParentSpan = { readonly spanId: string; readonly traceFlags: number };

/** @returns undefined for what is missing or cannot be read: then a trace begins */
export function readTraceparent(
  traceparent: string | undefined,
): (ParentSpan & { readonly traceId: string; readonly isSampled: boolean }) | undefined {
  const context = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (context === null) return undefined;
  const { traceId, spanId, traceFlags } = context;
  return { traceId, spanId, traceFlags, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}

export function traceparentOf({
  traceId,
  spanId,
  isSampled,
}: {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
