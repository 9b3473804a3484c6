/** Traces of payments: what connector, gateway and worker SDK begin spans with. */
export type { SpanAttributes, SpanTemplate, TraceParent, TraceSpan } from './span.js';
export { createTracing, type Tracing, type TracingOptions } from './tracing.js';
