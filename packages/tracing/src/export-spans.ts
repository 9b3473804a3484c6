/** OpenTelemetry's part: spans become its own, and go over OTLP in batches. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { readableSpan } from './readable-span.js';
import { reportFailures } from './report-failures.js';
import type { Span } from './span.js';

export type SpanExport = {
  /** A span that has ended goes with the next batch. */
  hand(span: Span): void;
  /** Exports what there still is. What cannot be exported was reported already. */
  close(): Promise<void>;
};

export type SpanExportOptions = {
  /** Where OTLP over HTTP is received; `/v1/traces` is added. */
  readonly endpoint: string;
  /** OpenTelemetry's `service.name`. */
  readonly serviceName: string;
  /** Told when spans cannot be exported; once, until they can again. */
  readonly onError: (error: Error) => void;
};

/** Exported soon: spans die young, which V8 rewards, and there are enough of them to be worth a request. */
const BATCH_DELAY_MS = 200;
const EXPORT_TIMEOUT_MS = 10_000;

export function exportSpans({ endpoint, serviceName, onError }: SpanExportOptions): SpanExport {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const batches = new BatchSpanProcessor({
    exporter: reportFailures(exporter, onError),
    scheduledDelayMillis: BATCH_DELAY_MS,
  });
  const resource = resourceFromAttributes({ 'service.name': serviceName });
  return {
    hand: (span) => batches.onEnd(readableSpan(span, resource)),
    close: () => batches.shutdown().catch(() => {}),
  };
}
