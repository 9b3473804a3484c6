/**
 * A span as this process writes it down: a few numbers and whom it is of, because most are forgotten. Only what is
 * exported is described, and becomes a span of OpenTelemetry, whose own objects cost a payment several times as much.
 */
import type { LocalTrace } from './local-traces.js';
import { randomSpanId } from './random-id.js';
import { traceparentOf } from './trace-context.js';

export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;
export type SpanKindName = 'server' | 'producer' | 'consumer' | 'internal';

/** What spans of one sort say of their subject: asked once they have ended, and only of those that are exported. */
export type SpanTemplate<Subject> = {
  readonly kind: SpanKindName;
  name(subject: Subject): string;
  /** Ids and values of which there are few: never a body, never what a payer typed. */
  attributes(subject: Subject): SpanAttributes;
};

/** What came as a `traceparent` from elsewhere, or a span of this process: that costs no text to write and to read. */
export type TraceParent = string | TraceSpan;

export type TraceSpan = {
  readonly traceId: string;
  /** Names this span to those below it, in W3C's form. */
  readonly traceparent: string;
  /**
   * Only the first call counts.
   * @param failure `error.type`, one of few; it makes the trace one that is kept
   * @param attributes what was not known before
   */
  end(failure?: string, attributes?: SpanAttributes): void;
};

/** The span above, where it is of another process. */
export type RemoteSpan = { readonly spanId: string; readonly traceFlags: number };

/** Times are of `performance.now()`, as {@link LocalTrace.clockOffset} says. */
export class Span implements TraceSpan {
  endedAt: number | undefined = undefined;
  /** `error.type`. */
  failure: string | undefined = undefined;
  /** The span of the trace that is held and was ended before this one. */
  heldBefore: Span | undefined = undefined;
  private atEnd: SpanAttributes | undefined = undefined;
  private id: string | undefined = undefined;
  private text: string | undefined = undefined;

  constructor(
    private readonly template: SpanTemplate<unknown>,
    private readonly subject: unknown,
    readonly trace: LocalTrace,
    readonly parent: Span | RemoteSpan | undefined,
    readonly startedAt: number,
    private readonly onEnd: (span: Span) => void,
  ) {}

  get kind(): SpanKindName {
    return this.template.kind;
  }

  get name(): string {
    return this.template.name(this.subject);
  }

  /** In parts, of which a later one wins: to join them behind a spread costs more than to go through them. */
  get attributes(): readonly SpanAttributes[] {
    return [this.template.attributes(this.subject), this.atEnd ?? NONE, { 'error.type': this.failure }];
  }

  /** Drawn when it is needed: nobody asks most of those that are forgotten. */
  get spanId(): string {
    this.id ??= randomSpanId();
    return this.id;
  }

  get traceId(): string {
    return this.trace.traceId;
  }

  get traceparent(): string {
    this.text ??= traceparentOf(this.trace, this.spanId);
    return this.text;
  }

  end(failure?: string, attributes?: SpanAttributes): void {
    if (this.endedAt !== undefined) return;
    // What began elsewhere began by the clock of another machine.
    this.endedAt = Math.max(this.startedAt, performance.now());
    this.failure = failure;
    this.atEnd = attributes;
    this.onEnd(this);
  }
}

const NONE: SpanAttributes = {};
