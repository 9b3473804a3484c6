/** Traces of payments: what connector, gateway and worker SDK begin spans with. */

export {
  createTracing,
  type SpanAttributes,
  type SpanStart,
  type TraceSpan,
  type Tracing,
  type TracingOptions,
} from './tracing.js';
