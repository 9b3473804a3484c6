/** Traces of payments: what connector, gateway and worker SDK begin spans with. */
export type { SpanAttributes } from './span-record.js';
export {
  createTracing,
  type SpanStart,
  type TraceSpan,
  type Tracing,
  type TracingOptions,
} from './tracing.js';
