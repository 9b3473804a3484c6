/** What a request is and what comes back: the shapes that callers of the requester meet. */
import type { Headers } from '@nats-bridge/protocol';
import type { CancelSignal } from '../connection/cancel-signal.js';
import type { AckSubject } from './ack-subject.js';

/** A message to be answered. Durations are milliseconds, times epoch milliseconds. */
export type RequestMessage = {
  /** Literal, no wildcards. */
  readonly subject: string;
  readonly body: Uint8Array;
  readonly headers: Headers;
  /** Sent as `Nats-Msg-Id`: within the stream's duplicate window the same id is stored once. */
  readonly msgId: string;
  /** Sent in the correlation header; a reply that names another one is never accepted. */
  readonly correlationId: string;
  /** Durable subject on which the answer is published. Absent: the requester's own inbox. */
  readonly replyTo?: string;
  readonly deadlineAt: number;
  /**
   * Plain subscribers run it, who hear each publication whether or not the stream keeps it: it is published once, and
   * a refusal by the stream does not say that nobody has it. Default false.
   */
  readonly isHeardAsItPasses?: boolean;
  /**
   * What the stream may have is not published again after this time: it knows the id no longer. Default: it may be,
   * until the deadline.
   */
  readonly repeatUntil?: number | undefined;
  readonly signal?: CancelSignal;
  /** Told once when the stream has confirmed the message. `duplicate`: it had this id already. */
  readonly onStored?: (stored: StoredMessage) => void;
};

export type StoredMessage = {
  readonly stream: string;
  readonly seq: number;
  readonly duplicate: boolean;
};

/**
 * The way a reply took: the inbox, the durable reply subject, the acknowledgement subject (workers that
 * `respond` to a JetStream message), or the inbox of a request that no stream was asked to keep.
 */
export type ReplyPath = 'inbox' | 'durable' | 'ack' | 'core';

export type Reply = {
  readonly body: Uint8Array;
  readonly headers: Headers;
  readonly via: ReplyPath;
  /** Of the request in its stream, when known. */
  readonly streamSeq?: number;
  /** Of the delivery that it answers, 1 for the first; when known. */
  readonly deliveryCount?: number;
  readonly receivedAt: number;
};

/** A reply that came where a request waited and named another one. It was not accepted. */
export type StrayReply = Reply & {
  readonly replySubject: string;
  /** What the reply says it answers. */
  readonly correlationId: string;
  /** What was waiting there. */
  readonly expectedCorrelationId: string;
};

/** A reply on the acknowledgement subject of a delivery that nobody here, and nobody else in time, waited for. */
export type UnclaimedReply = Reply & { readonly delivery: AckSubject };

/** A reply to a request that ended without one: it tells what became of it after all. */
export type LateReply = Reply & {
  readonly correlationId: string;
  readonly msgId: string;
  readonly subject: string;
  /** Of the request: where its answer is published. */
  readonly replyTo: string | undefined;
  /** How the request had ended. */
  readonly endedWith: string;
};
