import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it } from 'vitest';
import type { LocalTrace } from './local-traces.js';
import { readableSpan } from './readable-span.js';
import { Span } from './span.js';

const resource = resourceFromAttributes({ 'service.name': 'test' });
const trace: LocalTrace = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  isSampled: false,
  clockOffset: 1_700_000_000_000,
  open: 1,
  failed: false,
  spans: undefined,
};

function endedSpan(parent: Span['parent'], failure?: string): Span {
  const first = { operation: 'authorize', attempt: 1, nothing: undefined };
  const span = new Span('publish', 'producer', trace, parent, first, 250, () => {});
  span.set({ attempt: 2, operation: undefined, long: 'x'.repeat(500) });
  span.endedAt = 1_500.5;
  span.failure = failure;
  return span;
}

it('is a span of OpenTelemetry: times, parent, the last value of each attribute, and its failure', () => {
  const remote = { spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.NONE };
  const ended = endedSpan(remote, 'NATS_TIMEOUT');
  const span = readableSpan(ended, resource);
  expect(span).toMatchObject({
    name: 'publish',
    kind: SpanKind.PRODUCER,
    startTime: [1_700_000_000, 250_000_000],
    duration: [1, 250_500_000],
    status: { code: SpanStatusCode.ERROR },
    attributes: { operation: 'authorize', attempt: 2, long: 'x'.repeat(128), 'error.type': 'NATS_TIMEOUT' },
    resource,
  });
  expect(Object.keys(span.attributes)).not.toContain('nothing');
  expect(span.parentSpanContext).toMatchObject({ ...remote, isRemote: true });
  expect(span.spanContext()).toEqual({
    traceId: trace.traceId,
    spanId: ended.spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
});

it('has no parent and no error where there was none', () => {
  const span = readableSpan(endedSpan(undefined), resource);
  expect(span.parentSpanContext).toBeUndefined();
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(Object.keys(span.attributes)).not.toContain('error.type');
});

it('names the span above of the same process, and is named by it in W3C’s form', () => {
  const above = endedSpan(undefined);
  const span = readableSpan(endedSpan(above), resource);
  expect(span.parentSpanContext).toMatchObject({ spanId: above.spanId, isRemote: false });
  expect(above.traceparent).toBe(`00-${trace.traceId}-${above.spanId}-00`);
});
