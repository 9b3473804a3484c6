/**
 * The tail decision of one process: spans of a trace that was not sampled are held until the last of them that is
 * open here has ended, and handed on when one of them failed.
 */
import { PassingMap } from '@nats-bridge/protocol';
import type { Span } from './span.js';

/** What this process knows of a trace. */
export class LocalTrace {
  open = 0;
  failed = false;
  /** How many spans are held, and the one that ended last. */
  held = 0;
  lastHeld: Span | undefined = undefined;
  private offset: number | undefined = undefined;

  constructor(
    readonly traceId: string,
    readonly isSampled: boolean,
    /** It began elsewhere: several spans may be open here without knowing each other. */
    readonly isJoined: boolean,
  ) {}

  /**
   * To `performance.now()` added, it is milliseconds since the epoch: one for all spans, so that they fit together.
   * Looked up when it is needed: most traces are forgotten.
   */
  get clockOffset(): number {
    this.offset ??= Date.now() - performance.now();
    return this.offset;
  }
}

export type LocalTraces = {
  /** A trace that begins here. */
  create(traceId: string, isSampled: boolean): LocalTrace;
  /** A trace that began elsewhere. */
  join(traceId: string, isSampled: boolean): LocalTrace;
  ended(span: Span): void;
};

/** More are not held: a bridge has some thousand calls in flight at most, with three spans each. */
const MOST_HELD = 10_000;

/** @param hand gets what is to be exported */
export function createLocalTraces(hand: (span: Span) => void, mostHeld = MOST_HELD): LocalTraces {
  const joined = new PassingMap<string, LocalTrace>();
  let held = 0;

  function hold(span: Span): void {
    const { trace } = span;
    if (held >= mostHeld) return;
    span.heldBefore = trace.lastHeld;
    trace.lastHeld = span;
    trace.held += 1;
    held += 1;
  }

  return {
    create: (traceId, isSampled) => new LocalTrace(traceId, isSampled, false),
    join(traceId, isSampled) {
      if (isSampled) return new LocalTrace(traceId, isSampled, true);
      const known = joined.get(traceId);
      if (known !== undefined) return known;
      const trace = new LocalTrace(traceId, isSampled, true);
      joined.set(traceId, trace);
      return trace;
    },
    ended(span) {
      const { trace } = span;
      if (trace.isSampled) return hand(span);
      trace.open -= 1;
      trace.failed ||= span.failure !== undefined;
      hold(span);
      if (trace.open > 0) return;
      const last = trace.lastHeld;
      trace.lastHeld = undefined;
      held -= trace.held;
      trace.held = 0;
      if (trace.isJoined) joined.delete(trace.traceId);
      if (trace.failed) for (let kept = last; kept !== undefined; kept = kept.heldBefore) hand(kept);
    },
  };
}
