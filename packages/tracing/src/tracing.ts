/** Begins spans and exports them over OTLP: those of sampled traces, and those of traces in which something failed. */
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { keepFailures } from './keep-failures.js';
import { reportFailures } from './report-failures.js';
import { readableSpan, type SpanAttributes, type SpanRecord } from './span-record.js';
import { readTraceparent, traceparentOf } from './trace-context.js';

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

export type SpanStart = {
  readonly kind: SpanRecord['kind'];
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
  const resource = resourceFromAttributes({ 'service.name': serviceName });
  const keeper = keepFailures((record) => batches.onEnd(readableSpan(record, resource)));
  const sampler = new TraceIdRatioBasedSampler(sampleRatio);
  const ids = new RandomIdGenerator();

  /** Who began the trace has decided. */
  function traceOf(traceparent: string | undefined): Pick<SpanRecord, 'traceId' | 'isSampled' | 'parent'> {
    const above = readTraceparent(traceparent);
    if (above !== undefined) return { traceId: above.traceId, isSampled: above.isSampled, parent: above };
    const traceId = ids.generateTraceId();
    const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId);
    return { traceId, isSampled: decision === SamplingDecision.RECORD_AND_SAMPLED, parent: undefined };
  }

  return {
    begin(name, { kind, parent, attributes, beganAt }) {
      const startedAt = performance.now();
      const trace = traceOf(parent);
      const record: SpanRecord = {
        name,
        kind,
        traceId: trace.traceId,
        spanId: ids.generateSpanId(),
        parent: trace.parent,
        isSampled: trace.isSampled,
        beganAt: beganAt ?? Date.now(),
        attributes: [attributes],
        endedAt: undefined,
        failure: undefined,
      };
      keeper.began(record);
      return {
        traceparent: traceparentOf(record),
        set(more) {
          if (record.endedAt === undefined) record.attributes.push(more);
        },
        end(failure) {
          if (record.endedAt !== undefined) return;
          // The clock may be set while it is open; what began elsewhere is measured by the clock all the same.
          record.endedAt =
            beganAt === undefined
              ? record.beganAt + performance.now() - startedAt
              : Math.max(beganAt, Date.now());
          record.failure = failure;
          keeper.ended(record);
        },
      };
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const isLate = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      // What cannot be exported was reported already.
      await Promise.race([batches.shutdown().catch(() => {}), isLate]);
      clearTimeout(timer);
    },
  };
}
