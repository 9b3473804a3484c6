/** Decides whose every incoming reply is: accepted, stray, late, early, or another instance's. */
import type { Headers } from '@nats-bridge/protocol';
import type { Msg } from '@nats-io/nats-core';
import { type AckSubject, parseAckSubject } from './ack-subject.js';
import { type ReadCorrelationId, readJsonCorrelationId } from './correlation.js';
import type { EarlyReplies } from './early-replies.js';
import { hasHeaders, readHeaders } from './message-headers.js';
import type { OfferedReply, PendingRequest, PendingRequests } from './pending-requests.js';
import { NO_STREAM, readPubAck, type StoreAnswer } from './pub-ack.js';
import type { Reply, ReplyPath } from './reply.js';
import type { UnansweredKey, UnansweredRequest, UnansweredRequests } from './unanswered-requests.js';
import type { UnclaimedReplies } from './unclaimed-replies.js';

export type RouterOptions = {
  readonly correlationHeader: string;
  readonly readCorrelationId?: ReadCorrelationId;
  /** Says whether a message on a durable reply subject is an answer, where other records share the subject. */
  readonly isAnswer?: (body: Uint8Array) => boolean;
  /** Says whether one that ends the wait says that nobody will answer: it never is a late answer. */
  readonly isWithdrawal?: (headers: Headers) => boolean;
  /** Whether a consumer can have delivered a message of this subject, so that its reader may answer it. */
  readonly mayDeliver: (consumer: string, subject: string) => boolean;
  /** How far the server's clock may be from this one's. */
  readonly clockToleranceMs: number;
};

/** What follows from a decision; the requester does it. */
export type RouterEffects = {
  pubAck(request: PendingRequest, ack: StoreAnswer): void;
  accept(request: PendingRequest, offered: OfferedReply): void;
  stray(request: PendingRequest, offered: OfferedReply, correlationId: string): void;
  late(request: UnansweredRequest, offered: OfferedReply): void;
};

const OPENING_BRACE = 0x7b;

export class ReplyRouter {
  readonly #readId: ReadCorrelationId;

  constructor(
    readonly options: RouterOptions,
    readonly pending: PendingRequests,
    readonly unanswered: UnansweredRequests,
    readonly early: EarlyReplies,
    readonly unclaimed: UnclaimedReplies,
    readonly effects: RouterEffects,
  ) {
    this.#readId = options.readCorrelationId ?? readJsonCorrelationId;
  }

  /** PubAcks and replies share the inbox. */
  onInbox(message: Msg, token: string): void {
    const request = this.pending.byToken(token);
    const body = message.data;
    const ack = hasHeaders(message) ? undefined : readPubAck(body);
    // Only a body of no bytes: asking has nats.js read all headers.
    const status = body.length === 0 ? (message.headers?.code ?? 0) : 0;
    if (ack !== undefined) {
      if (request !== undefined) this.effects.pubAck(request, ack);
    } else if (status > 0) {
      if (request !== undefined && status === 503) this.effects.pubAck(request, NO_STREAM);
    } else {
      const offered = this.#read(message, request?.mode === 'core' ? 'core' : 'inbox');
      if (request !== undefined) this.offer(request, offered);
      else this.#offerLate(`token:${token}`, offered);
    }
  }

  /** A durable reply subject, which every instance of the bridge hears. */
  onDurable(message: Msg): void {
    const waiting = this.pending.byReplySubject(message.subject);
    const key = `reply:${message.subject}` as const;
    if (waiting.length === 0 && this.unanswered.find(key) === undefined) return;
    // By the body alone: reading headers costs most of what a message costs, and every other record passes here.
    if (this.options.isAnswer?.(message.data) === false) return;
    const offered = this.#read(message, 'durable');
    const id = this.#correlationOf(offered.reply);
    const meant = waiting.filter((request) => accepts(request, id));
    for (const request of meant) this.effects.accept(request, offered);
    if (meant.length > 0) return;
    for (const request of waiting) this.offer(request, offered);
    if (this.options.isWithdrawal?.(offered.reply.headers)) return;
    this.#offerLate(id === undefined ? key : `correlation:${id}`, offered);
  }

  /** The acknowledgement subject: JSON there is the reply of a worker that called `respond`. */
  onAck(message: Msg, stream: string): void {
    if (message.data[0] !== OPENING_BRACE) {
      // Nearly always there is none, and the subject need not be read.
      if (this.unclaimed.size > 0) this.unclaimed.heard(message.subject, message.data);
      return;
    }
    const ack = parseAckSubject(message.subject);
    if (ack === undefined || ack.stream !== stream) return;
    const offered = this.#read(message, 'ack', ack);
    const named = this.#correlationOf(offered.reply);
    if (named === undefined) {
      this.#offerBySeq(offered, ack);
      return;
    }
    const said = this.#readId(offered.reply.body, offered.reply.headers) ?? named;
    const mayAnswer = ({ subject }: { readonly subject: string }) =>
      this.options.mayDeliver(ack.consumer, subject);
    const waiting = said === named ? this.pending.byCorrelation(named).filter(mayAnswer) : [];
    for (const request of waiting) this.effects.accept(request, offered);
    if (waiting.length > 0) return;
    // Held, or reported: a reply to this message that names another request is nobody's.
    for (const request of this.#atSeq(ack)) this.#refuse(request, offered, said);
    if (said !== named) return;
    const isLate = this.#offerLate(`correlation:${named}`, offered, mayAnswer);
    if (!isLate) this.unclaimed.keep({ ...offered, delivery: ack });
  }

  /** The stream confirmed a request: a reply without correlation id may be waiting for just that. */
  claimEarly(request: PendingRequest, seq: number): void {
    const early = this.early.take(seq);
    if (early === undefined || early.reply.receivedAt < request.sentAt) return;
    if (this.#isOf(request, early.ack)) {
      this.effects.accept(request, { reply: early.reply, replySubject: early.ackSubject });
    }
  }

  /** Accepts it unless it names another request. */
  offer(request: PendingRequest, offered: OfferedReply): void {
    const id = this.#correlationOf(offered.reply);
    if (accepts(request, id)) this.effects.accept(request, offered);
    else this.#refuse(request, offered, id ?? '');
  }

  #refuse(request: PendingRequest, offered: OfferedReply, id: string): void {
    if (request.held !== undefined) request.held.push(offered);
    else this.effects.stray(request, offered, id);
  }

  #offerBySeq(offered: OfferedReply, ack: AckSubject): void {
    const waiting = this.#atSeq(ack);
    for (const request of waiting) this.effects.accept(request, offered);
    if (waiting.length > 0) return;
    const entry = this.unanswered.find(`seq:${ack.streamSeq}`);
    if (entry !== undefined && this.#isOf(entry, ack)) {
      this.effects.late(entry, offered);
    } else {
      this.early.keep({ reply: offered.reply, ack, ackSubject: offered.replySubject });
      this.unclaimed.keep({ ...offered, delivery: ack });
    }
  }

  #atSeq(ack: AckSubject): readonly PendingRequest[] {
    return this.pending.bySeq(ack.streamSeq).filter((request) => this.#isOf(request, ack));
  }

  /** A sequence alone can be that of a stream that was deleted and made again, or be made up. */
  #isOf(
    { subject, stored, sentAt }: Pick<PendingRequest, 'subject' | 'stored' | 'sentAt'>,
    ack: AckSubject,
  ): boolean {
    const { mayDeliver, clockToleranceMs } = this.options;
    if (stored === undefined || !mayDeliver(ack.consumer, subject)) return false;
    if (ack.storedAt > stored.confirmedAt + clockToleranceMs) return false;
    // A duplicate was stored by an earlier request, so before this one.
    return stored.duplicate || ack.storedAt >= sentAt - clockToleranceMs;
  }

  /** @returns whether a request that had ended gets it */
  #offerLate(
    key: UnansweredKey,
    offered: OfferedReply,
    mayAnswer: (entry: UnansweredRequest) => boolean = () => true,
  ): boolean {
    const entry = this.unanswered.find(key);
    if (entry === undefined || !mayAnswer(entry)) return false;
    const id = this.#correlationOf(offered.reply);
    if (id !== undefined && id !== entry.correlationId) return false;
    this.effects.late(entry, offered);
    return true;
  }

  #correlationOf(reply: Reply): string | undefined {
    return reply.headers[this.options.correlationHeader] || this.#readId(reply.body, reply.headers);
  }

  #read(message: Msg, via: ReplyPath, ack?: AckSubject): OfferedReply {
    const reply = {
      body: message.data,
      headers: readHeaders(message),
      via,
      streamSeq: ack?.streamSeq,
      deliveryCount: ack?.deliveryCount,
      receivedAt: Date.now(),
    };
    return { reply, replySubject: message.subject };
  }
}

function accepts(request: PendingRequest, id: string | undefined): boolean {
  return id === undefined || id === request.correlationId || id === request.joined;
}
