/** A span as OpenTelemetry's exporters take it. */
import { type Attributes, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Span } from './span.js';

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** Longer values are cut: some ids come over the wire. */
const LONGEST_VALUE = 128;
const SCOPE = { name: 'nats-bridge' };

/** Always as sampled, because exporters pass over what is not. */
export function readableSpan(span: Span, resource: Resource): ReadableSpan {
  const { traceId, spanId, parent, startedAt, endedAt = startedAt, failure } = span;
  const { clockOffset } = span.trace;
  const spanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => spanContext,
    parentSpanContext: parent && {
      traceId,
      spanId: parent.spanId,
      traceFlags: 'traceFlags' in parent ? parent.traceFlags : TraceFlags.SAMPLED,
      isRemote: 'traceFlags' in parent,
    },
    startTime: millisToHrTime(startedAt + clockOffset),
    endTime: millisToHrTime(endedAt + clockOffset),
    duration: millisToHrTime(endedAt - startedAt),
    status: { code: failure === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
    attributes: attributesOf(span),
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function attributesOf({ attributes: given }: Span): Attributes {
  const attributes: Attributes = {};
  for (const part of given)
    for (const name in part) {
      const value = part[name];
      if (value === undefined) continue;
      attributes[name] = typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : value;
    }
  return attributes;
}
