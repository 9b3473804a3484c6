/**
 * A span as this process writes it down: plain, because most are forgotten. Only what is exported becomes a span of
 * OpenTelemetry, whose own objects cost a payment several times as much.
 */
import { type Attributes, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { ParentSpan } from './trace-context.js';

export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

export type SpanRecord = {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: ParentSpan | undefined;
  readonly isSampled: boolean;
  /** Milliseconds since the epoch. */
  readonly beganAt: number;
  /** Those given later come after those given before, and win. */
  readonly attributes: SpanAttributes[];
  /** Milliseconds since the epoch; undefined while it is open. */
  endedAt: number | undefined;
  /** `error.type`. */
  failure: string | undefined;
};

/** Longer values are cut: some ids come over the wire. */
const LONGEST_VALUE = 128;
const SCOPE = { name: 'nats-bridge' };

/** As exporters take it: always as sampled, because they pass over what is not. */
export function readableSpan(record: SpanRecord, resource: Resource): ReadableSpan {
  const { traceId, spanId, parent, beganAt, endedAt = beganAt, failure } = record;
  const spanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  return {
    name: record.name,
    kind: KINDS[record.kind],
    spanContext: () => spanContext,
    parentSpanContext: parent && { ...parent, traceId, isRemote: true },
    startTime: millisToHrTime(beganAt),
    endTime: millisToHrTime(endedAt),
    duration: millisToHrTime(endedAt - beganAt),
    status: { code: failure === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
    attributes: attributesOf(record),
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

function attributesOf({ attributes, failure }: SpanRecord): Attributes {
  const given = [...attributes, { 'error.type': failure }].flatMap((some) => Object.entries(some));
  const known = given.filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    known.map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : value]),
  );
}
