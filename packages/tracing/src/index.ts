/** Traces of payments: what connector, gateway and worker SDK begin spans with. */
export type { SpanAttributes, TraceParent, TraceSpan } from './span.js';
export { createTracing, type SpanStart, type Tracing, type TracingOptions } from './tracing.js';
