/**
 * The tail decision of one process: spans of a trace that was not sampled are held until the last of them that is
 * open here has ended, and handed on when one of them failed.
 */
import { type Context, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** More are not held: a bridge has at most some thousand calls in flight, with three spans each. */
const MOST_HELD = 50_000;

type HeldTrace = { open: number; failed: boolean; readonly spans: ReadableSpan[] };

/** @param next gets what is to be exported */
export function keepFailures(next: SpanProcessor, mostHeld = MOST_HELD): SpanProcessor {
  const traces = new Map<string, HeldTrace>();
  let held = 0;

  return {
    onStart(span: Span, parent: Context) {
      const { traceId, traceFlags } = span.spanContext();
      if (isSampled(traceFlags)) return next.onStart(span, parent);
      const known = traces.get(traceId);
      if (known === undefined) traces.set(traceId, { open: 1, failed: false, spans: [] });
      else known.open += 1;
    },
    onEnd(span) {
      const { traceId, traceFlags } = span.spanContext();
      if (isSampled(traceFlags)) return next.onEnd(span);
      const trace = traces.get(traceId);
      if (trace === undefined) return;
      trace.open -= 1;
      trace.failed ||= span.status.code === SpanStatusCode.ERROR;
      if (held < mostHeld) {
        trace.spans.push(span);
        held += 1;
      }
      if (trace.open > 0) return;
      traces.delete(traceId);
      held -= trace.spans.length;
      if (trace.failed) for (const kept of trace.spans) next.onEnd(asSampled(kept));
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}

function isSampled(traceFlags: number): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** Exporters pass over what is not sampled. */
function asSampled(span: ReadableSpan): ReadableSpan {
  const spanContext = { ...span.spanContext(), traceFlags: TraceFlags.SAMPLED };
  return Object.create(span, { spanContext: { value: () => spanContext } });
}
