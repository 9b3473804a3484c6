import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it, vi } from 'vitest';
import { LocalTrace } from './local-traces.js';
import { readableSpan } from './readable-span.js';
import { Span, type SpanTemplate } from './span.js';

const resource = resourceFromAttributes({ 'service.name': 'test' });
const trace = new LocalTrace('0af7651916cd43dd8448eb211c80319c', false, false);
vi.spyOn(trace, 'clockOffset', 'get').mockReturnValue(1_700_000_000_000);

const template: SpanTemplate<{ attempt: number }> = {
  kind: 'producer',
  name: () => 'publish',
  attributes: ({ attempt }) => ({ operation: 'authorize', attempt, nothing: undefined }),
};

function endedSpan(parent: Span['parent'], failure?: string): Span {
  const span = new Span(template, { attempt: 1 }, trace, parent, 250, () => {});
  span.end(failure, { attempt: 2, long: 'x'.repeat(500) });
  span.endedAt = 1_500.5;
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
