/** Begins spans and exports them over OTLP: those of sampled traces, and those of traces in which something failed. */
import { within } from '@nats-bridge/protocol';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, RandomIdGenerator } from '@opentelemetry/sdk-trace';
import { createLocalTraces } from './local-traces.js';
import { readableSpan } from './readable-span.js';
import { reportFailures } from './report-failures.js';
import { Span, type SpanTemplate, type TraceParent, type TraceSpan } from './span.js';
import { readTraceparent } from './trace-context.js';

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

export type Tracing = {
  /**
   * @param parent the span above; without one, or without a readable one, a trace begins
   * @param beganAt milliseconds since the epoch; now unless told otherwise
   */
  begin<Subject>(
    template: SpanTemplate<Subject>,
    subject: Subject,
    parent: TraceParent | undefined,
    beganAt?: number,
  ): TraceSpan;
  /** Exports what has ended, for two seconds at most. */
  close(): Promise<void>;
};

/** Exported soon: spans die young, which V8 rewards, and there are enough of them to be worth a request. */
const BATCH_DELAY_MS = 200;
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
  const resource = resourceFromAttributes({ 'service.name': serviceName });
  const traces = createLocalTraces((span) => batches.onEnd(readableSpan(span, resource)));
  const ids = new RandomIdGenerator();

  function placeOf(parent: TraceParent | undefined): Pick<Span, 'trace' | 'parent'> {
    if (parent instanceof Span) return { trace: parent.trace, parent };
    const above = readTraceparent(typeof parent === 'object' ? parent.traceparent : parent);
    // Who began the trace has decided.
    if (above !== undefined) return { trace: traces.join(above.traceId, above.isSampled), parent: above };
    const isSampled = Math.random() < sampleRatio;
    return { trace: traces.create(ids.generateTraceId(), isSampled), parent: undefined };
  }

  return {
    begin(template, subject, parent, beganAt) {
      const place = placeOf(parent);
      const { trace } = place;
      trace.open += 1;
      const startedAt = beganAt === undefined ? performance.now() : beganAt - trace.clockOffset;
      return new Span(template, subject, trace, place.parent, startedAt, traces.ended);
    },
    async close() {
      // What cannot be exported was reported already.
      const exported = batches.shutdown().catch(() => {});
      await within(CLOSE_MS, exported);
    },
  };
}
