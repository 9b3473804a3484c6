/** Begins spans and exports them over OTLP: those of sampled traces, and those of traces in which something failed. */
import { within } from '@nats-bridge/protocol';
import { createLocalTraces } from './local-traces.js';
import { randomTraceId } from './random-id.js';
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

const CLOSE_MS = 2_000;

export function createTracing(options: TracingOptions): Tracing {
  const { endpoint, sampleRatio = 1, serviceName, onError = () => {} } = options;
  // OpenTelemetry takes a tenth of a second of processor time to load, which most processes, tracing nothing, are spared.
  const exporting = import('./export-spans.js').then(({ exportSpans }) =>
    exportSpans({ endpoint, serviceName, onError }),
  );
  const traces = createLocalTraces((span) => void exporting.then(({ hand }) => hand(span)));

  function placeOf(parent: TraceParent | undefined): Pick<Span, 'trace' | 'parent'> {
    if (parent instanceof Span) return { trace: parent.trace, parent };
    const above = readTraceparent(typeof parent === 'object' ? parent.traceparent : parent);
    // Who began the trace has decided.
    if (above !== undefined) return { trace: traces.join(above.traceId, above.isSampled), parent: above };
    const isSampled = Math.random() < sampleRatio;
    return { trace: traces.create(randomTraceId(), isSampled), parent: undefined };
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
      await within(
        CLOSE_MS,
        exporting.then(({ close }) => close()),
      );
    },
  };
}
