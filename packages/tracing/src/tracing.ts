/** Begins spans and exports them over OTLP: those of sampled traces, and those of traces in which something failed. */
import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  createAlwaysRecordSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { keepFailures } from './keep-failures.js';
import { reportFailures } from './report-failures.js';
import { contextOf, traceparentOf } from './trace-context.js';

export type TracingOptions = {
  /** Where OTLP over HTTP is received, such as `http://127.0.0.1:4318`; `/v1/traces` is added. */
  readonly endpoint: string;
  /** Share of the traces begun here that are exported, 0 to 1. Default 1. Who began a trace elsewhere has decided. */
  readonly sampleRatio?: number;
  /** OpenTelemetry's `service.name`. */
  readonly serviceName: string;
  /** Told when spans cannot be exported; once, until they can again. */
  readonly onError?: (error: Error) => void;
};

export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

export type SpanStart = {
  readonly kind: 'server' | 'producer' | 'consumer' | 'internal';
  /** `traceparent` of the span above; without a readable one a trace begins. */
  readonly parent: string | undefined;
  /** Ids and values of which there are few: never a body, never what a payer typed. */
  readonly attributes: SpanAttributes;
  /** Milliseconds since the epoch; now unless told otherwise. */
  readonly beganAt?: number;
};

export type TraceSpan = {
  /** Names this span to those below it. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /**
   * Only the first call counts.
   * @param failure `error.type`, one of few; it makes the trace one that is kept
   */
  end(failure?: string): void;
};

export type Tracing = {
  begin(name: string, start: SpanStart): TraceSpan;
  /** Exports what has ended, for two seconds at most. */
  close(): Promise<void>;
};

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** Longer values are cut: some ids come over the wire. */
const LONGEST_VALUE = 128;
const BATCH_DELAY_MS = 1_000;
const EXPORT_TIMEOUT_MS = 10_000;
const CLOSE_MS = 2_000;

export function createTracing(options: TracingOptions): Tracing {
  const { endpoint, sampleRatio = 1, serviceName, onError = () => {} } = options;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const batches = new BatchSpanProcessor({
    exporter: reportFailures(exporter, onError),
    scheduledDelayMillis: BATCH_DELAY_MS,
  });
  const root = new TraceIdRatioBasedSampler(sampleRatio);
  const provider = new TracerProvider({
    sampler: createAlwaysRecordSampler(new ParentBasedSampler({ root })),
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    spanProcessors: [keepFailures(batches)],
  });
  const tracer = provider.getTracer('nats-bridge');

  return {
    begin(name, { kind, parent, attributes, beganAt }) {
      const given = { kind: KINDS[kind], attributes: attributes as Attributes, startTime: beganAt };
      const span = tracer.startSpan(name, given, contextOf(parent));
      return {
        traceparent: traceparentOf(span.spanContext()),
        set: (more) => void span.setAttributes(more as Attributes),
        end(failure) {
          if (!span.isRecording()) return;
          if (failure !== undefined) {
            span.setAttribute('error.type', failure);
            span.setStatus({ code: SpanStatusCode.ERROR });
          }
          span.end();
        },
      };
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const isLate = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      // What cannot be exported was reported already.
      await Promise.race([provider.shutdown().catch(() => {}), isLate]);
      clearTimeout(timer);
    },
  };
}
