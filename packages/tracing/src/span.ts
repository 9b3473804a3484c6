/**
 * A span as this process writes it down: plain, because most are forgotten. Only what is exported becomes a span of
 * OpenTelemetry, whose own objects cost a payment several times as much.
 */
import { RandomIdGenerator } from '@opentelemetry/sdk-trace';
import type { LocalTrace } from './local-traces.js';
import { traceparentOf } from './trace-context.js';

export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;
export type SpanKindName = 'server' | 'producer' | 'consumer' | 'internal';

/** What came as a `traceparent` from elsewhere, or a span of this process: that costs no text to write and to read. */
export type TraceParent = string | TraceSpan;

export type TraceSpan = {
  readonly traceId: string;
  /** Names this span to those below it, in W3C's form. */
  readonly traceparent: string;
  /** Those given later win. */
  set(attributes: SpanAttributes): void;
  /**
   * Only the first call counts.
   * @param failure `error.type`, one of few; it makes the trace one that is kept
   */
  end(failure?: string): void;
};

/** The span above, where it is of another process. */
export type RemoteSpan = { readonly spanId: string; readonly traceFlags: number };

const ids = new RandomIdGenerator();

/** Times are of `performance.now()`, as {@link LocalTrace.clockOffset} says. */
export class Span implements TraceSpan {
  later: readonly SpanAttributes[] = NONE;
  endedAt: number | undefined = undefined;
  /** `error.type`. */
  failure: string | undefined = undefined;
  private id: string | undefined = undefined;
  private text: string | undefined = undefined;

  constructor(
    readonly name: string,
    readonly kind: SpanKindName,
    readonly trace: LocalTrace,
    readonly parent: Span | RemoteSpan | undefined,
    readonly first: SpanAttributes,
    readonly startedAt: number,
    private readonly onEnd: (span: Span) => void,
  ) {}

  /** Drawn when it is needed: nobody asks most of those that are forgotten. */
  get spanId(): string {
    this.id ??= ids.generateSpanId();
    return this.id;
  }

  get traceId(): string {
    return this.trace.traceId;
  }

  get traceparent(): string {
    this.text ??= traceparentOf(this.trace, this.spanId);
    return this.text;
  }

  set(attributes: SpanAttributes): void {
    if (this.endedAt === undefined) this.later = [...this.later, attributes];
  }

  end(failure?: string): void {
    if (this.endedAt !== undefined) return;
    // What began elsewhere began by the clock of another machine.
    this.endedAt = Math.max(this.startedAt, performance.now());
    this.failure = failure;
    this.onEnd(this);
  }
}

const NONE: readonly SpanAttributes[] = [];
