import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it } from 'vitest';
import { readableSpan, type SpanRecord } from './span-record.js';

const resource = resourceFromAttributes({ 'service.name': 'test' });
const record: SpanRecord = {
  name: 'publish',
  kind: 'producer',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parent: { spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.NONE },
  isSampled: false,
  beganAt: 1_700_000_000_250,
  attributes: [
    { operation: 'authorize', attempt: 1, nothing: undefined },
    { attempt: 2, operation: undefined, long: 'x'.repeat(500) },
  ],
  endedAt: 1_700_000_001_500.5,
  failure: 'NATS_TIMEOUT',
};

it('is a span of OpenTelemetry: times, parent, the last value of each attribute, and its failure', () => {
  const span = readableSpan(record, resource);
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
  expect(span.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
  expect(span.spanContext()).toEqual({
    traceId: record.traceId,
    spanId: record.spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
});

it('has no parent and no error where there was none', () => {
  const span = readableSpan({ ...record, parent: undefined, failure: undefined }, resource);
  expect(span.parentSpanContext).toBeUndefined();
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(Object.keys(span.attributes)).not.toContain('error.type');
});
