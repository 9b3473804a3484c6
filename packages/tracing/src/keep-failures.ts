/**
 * The tail decision of one process: spans of a trace that was not sampled are held until the last of them that is
 * open here has ended, and handed on when one of them failed.
 */
import { PassingMap } from '@nats-bridge/protocol';
import type { SpanRecord } from './span-record.js';

export type SpanKeeper = {
  began(span: SpanRecord): void;
  ended(span: SpanRecord): void;
};

/** More are not held: a bridge has at most some thousand calls in flight, with three spans each. */
const MOST_HELD = 50_000;

type HeldTrace = { open: number; failed: boolean; readonly spans: SpanRecord[] };

/** @param hand gets what is to be exported */
export function keepFailures(hand: (span: SpanRecord) => void, mostHeld = MOST_HELD): SpanKeeper {
  const traces = new PassingMap<string, HeldTrace>();
  let held = 0;

  return {
    began({ traceId, isSampled }) {
      if (isSampled) return;
      const known = traces.get(traceId);
      if (known === undefined) traces.set(traceId, { open: 1, failed: false, spans: [] });
      else known.open += 1;
    },
    ended(span) {
      if (span.isSampled) return hand(span);
      const trace = traces.get(span.traceId);
      if (trace === undefined) return;
      trace.open -= 1;
      trace.failed ||= span.failure !== undefined;
      if (held < mostHeld) {
        trace.spans.push(span);
        held += 1;
      }
      if (trace.open > 0) return;
      traces.delete(span.traceId);
      held -= trace.spans.length;
      if (trace.failed) for (const kept of trace.spans) hand(kept);
    },
  };
}
