/**
 * The tail decision of one process: spans of a trace that was not sampled are held until the last of them that is
 * open here has ended, and handed on when one of them failed.
 */
import { PassingMap } from '@nats-bridge/protocol';
import type { Span } from './span.js';

/** What this process knows of a trace. */
export type LocalTrace = {
  readonly traceId: string;
  readonly isSampled: boolean;
  /** To `performance.now()` added, it is milliseconds since the epoch: one for all spans, so that they fit together. */
  readonly clockOffset: number;
  open: number;
  failed: boolean;
  spans: Span[] | undefined;
};

export type LocalTraces = {
  /** A trace that begins here. */
  create(traceId: string, isSampled: boolean): LocalTrace;
  /** A trace that began elsewhere, of which several spans may be open here without knowing each other. */
  join(traceId: string, isSampled: boolean): LocalTrace;
  ended(span: Span): void;
};

/** More are not held: a bridge has at most some thousand calls in flight, with three spans each. */
const MOST_HELD = 50_000;

/** @param hand gets what is to be exported */
export function createLocalTraces(hand: (span: Span) => void, mostHeld = MOST_HELD): LocalTraces {
  const joined = new PassingMap<string, LocalTrace>();
  let held = 0;

  const create = (traceId: string, isSampled: boolean): LocalTrace => ({
    traceId,
    isSampled,
    clockOffset: Date.now() - performance.now(),
    open: 0,
    failed: false,
    spans: undefined,
  });

  return {
    create,
    join(traceId, isSampled) {
      if (isSampled) return create(traceId, isSampled);
      const known = joined.get(traceId);
      if (known !== undefined) return known;
      const trace = create(traceId, isSampled);
      joined.set(traceId, trace);
      return trace;
    },
    ended(span) {
      const { trace } = span;
      if (trace.isSampled) return hand(span);
      trace.open -= 1;
      trace.failed ||= span.failure !== undefined;
      if (held < mostHeld) {
        trace.spans ??= [];
        trace.spans.push(span);
        held += 1;
      }
      if (trace.open > 0) return;
      const { spans = [] } = trace;
      trace.spans = undefined;
      joined.delete(trace.traceId);
      held -= spans.length;
      if (trace.failed) for (const kept of spans) hand(kept);
    },
  };
}
