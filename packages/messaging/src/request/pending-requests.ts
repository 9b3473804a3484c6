/** The requests that wait for an answer, findable by everything a reply may be recognised by. */
import { PassingMap } from '@nats-bridge/protocol';
import type { StoreRefusedError } from '../errors.js';
import { ManyMap } from './many-map.js';
import type { WireHeaders } from './message-headers.js';
import type { Reply, StoredMessage } from './reply.js';

export type PendingRequest = {
  /** Last token of its inbox subject. */
  readonly token: string;
  readonly mode: 'durable' | 'core';
  readonly subject: string;
  readonly msgId: string;
  readonly correlationId: string;
  readonly replyTo: string | undefined;
  readonly headers: WireHeaders;
  /** Let go once stored. */
  body: Uint8Array | undefined;
  readonly deadlineAt: number;
  /** Another publication would be another execution. */
  readonly isHeardAsItPasses: boolean;
  /** After this, too. */
  readonly repeatUntil: number;
  readonly startedAt: number;
  /** Of the first attempt; 0 before it. */
  sentAt: number;
  /** When to look at it next: the time for a PubAck, a pause, or the deadline. */
  dueAt: number;
  published: number;
  refused: number;
  /** The stream's last refusal, which becomes the request's error when nothing better comes. */
  refusedWith: StoreRefusedError | undefined;
  stored: StoredPlace | undefined;
  /** Of an earlier message with the same id, whose answer is this request's answer too. */
  joined: string | undefined;
  /** Replies set aside while the earlier message is looked up. */
  held: OfferedReply[] | undefined;
  readonly onStored: ((stored: StoredMessage) => void) | undefined;
  readonly resolve: (reply: Reply | Promise<Reply>) => void;
  readonly reject: (error: unknown) => void;
  /** Answered or failed: whatever comes now comes too late. */
  ended: boolean;
  /** Stops listening to the caller's signal. */
  release: (() => void) | undefined;
};

/** `confirmedAt`: when the stream's confirmation came, so that it was stored before; epoch milliseconds. */
export type StoredPlace = StoredMessage & { readonly confirmedAt: number };

/** A reply and the subject it came on. */
export type OfferedReply = { readonly reply: Reply; readonly replySubject: string };

export class PendingRequests {
  readonly #byToken = new PassingMap<string, PendingRequest>();
  readonly #byCorrelation = new ManyMap<string, PendingRequest>();
  readonly #byReplySubject = new ManyMap<string, PendingRequest>();
  readonly #bySeq = new ManyMap<number, PendingRequest>();

  get size(): number {
    return this.#byToken.size;
  }

  add(request: PendingRequest): void {
    this.#byToken.set(request.token, request);
    this.#byCorrelation.add(request.correlationId, request);
    if (request.replyTo !== undefined) this.#byReplySubject.add(request.replyTo, request);
  }

  /** From now on also found by its place in the tapped stream. */
  addSeq(request: PendingRequest, seq: number): void {
    this.#bySeq.add(seq, request);
  }

  /** From now on also found by the correlation id of the message it joined. */
  join(request: PendingRequest, correlationId: string): void {
    request.joined = correlationId;
    this.#byCorrelation.add(correlationId, request);
  }

  remove(request: PendingRequest): void {
    if (!this.#byToken.delete(request.token)) return;
    this.#byCorrelation.delete(request.correlationId, request);
    if (request.joined !== undefined) this.#byCorrelation.delete(request.joined, request);
    if (request.replyTo !== undefined) this.#byReplySubject.delete(request.replyTo, request);
    if (request.stored !== undefined) this.#bySeq.delete(request.stored.seq, request);
  }

  byToken(token: string): PendingRequest | undefined {
    return this.#byToken.get(token);
  }

  byCorrelation(id: string): readonly PendingRequest[] {
    return this.#byCorrelation.get(id);
  }

  byReplySubject(subject: string): readonly PendingRequest[] {
    return this.#byReplySubject.get(subject);
  }

  bySeq(seq: number): readonly PendingRequest[] {
    return this.#bySeq.get(seq);
  }

  [Symbol.iterator](): IterableIterator<PendingRequest> {
    return this.#byToken.values();
  }
}
