/** Sends a message and awaits its one right answer, however that comes back and whatever fails on the way. */
import { createInbox, type NatsConnection } from '@nats-io/nats-core';
import type { CancelSignal } from '../connection/cancel-signal.js';
import type { Connection } from '../connection/connection.js';
import { notify } from '../connection/notify.js';
import * as errors from '../errors.js';
import { deniedRequests } from './denied-requests.js';
import { EarlyReplies } from './early-replies.js';
import { endOfWait, phaseOf } from './end-of-wait.js';
import { findFirstCorrelationId } from './find-first-message.js';
import { exceededPayload } from './fit-to-payload.js';
import { Outbox } from './outbox.js';
import { type OfferedReply, type PendingRequest, PendingRequests } from './pending-requests.js';
import { prepareRequest, type Settle } from './prepare-request.js';
import type { PubAck, StoreAnswer } from './pub-ack.js';
import type { Reply, RequestMessage } from './reply.js';
import { ReplyReports } from './reply-reports.js';
import { ReplyRouter } from './reply-router.js';
import { ReplySubscriptions } from './reply-subscriptions.js';
import { type Requester, type RequesterOptions, zeroStats } from './requester-contract.js';
import { type UnansweredRequest, UnansweredRequests } from './unanswered-requests.js';
import { UnclaimedReplies } from './unclaimed-replies.js';
import { createUntilSendable } from './until-sendable.js';

/** How often waiting requests are looked at, so how late a deadline may be noticed. */
const SWEEP_MS = 20;
/** Requests that ended without answer and are remembered for late ones. */
const MOST_UNANSWERED = 10_000;
/** As good as `+ACK` to the server; to other requesters it says that it was one of them. */
const ACK = new Uint8Array();

export function createRequester(connection: Connection, options: RequesterOptions = {}): Requester {
  const names = {
    correlationHeader: options.correlationHeader ?? 'X-Correlation-Id',
    replyToHeader: options.replyToHeader ?? 'X-Reply-To',
  };
  const maxInFlight = options.maxInFlight ?? 10_000;
  const inboxPrefix = `${createInbox(connection.inboxPrefix)}.`;
  const stats = zeroStats();
  const pending = new PendingRequests();
  const early = new EarlyReplies();
  const unanswered = new UnansweredRequests(MOST_UNANSWERED);
  const reportError = options.onError ?? (() => {});
  let inFlight = 0;
  let lastToken = 0;
  let closed = false;
  let sweeper: ReturnType<typeof setInterval> | undefined;

  const outbox = new Outbox(
    connection,
    {
      pubAckTimeoutMs: options.pubAckTimeoutMs ?? 2_000,
      maxRetries: options.maxRetries ?? 3,
      inboxPrefix,
    },
    stats,
    fail,
  );
  const untilSendable = createUntilSendable(connection, options.bodies, () => closed);
  const reports = new ReplyReports(withBody, acknowledge, reportError);
  const unclaimed = new UnclaimedReplies((offer) => void reports.unclaimed(offer));
  const router = new ReplyRouter(
    {
      correlationHeader: names.correlationHeader,
      readCorrelationId: options.readCorrelationId,
      isAnswer: options.isAnswer,
      isWithdrawal: options.isWithdrawal,
      mayDeliver: options.mayDeliver ?? (() => true),
      clockToleranceMs: options.clockToleranceMs ?? 250,
    },
    pending,
    unanswered,
    early,
    unclaimed,
    { pubAck: onPubAck, accept, stray: onStray, late: onLate },
  );
  const subscriptions = new ReplySubscriptions(
    { inboxPrefix, durable: options.replySubjects ?? [], ackStream: options.ackStream },
    {
      inbox: (message, token) => router.onInbox(message, token),
      durable: (message) => router.onDurable(message),
      ack: (message, stream) => router.onAck(message, stream),
      error: reportError,
    },
  );
  const stopListening = [
    connection.onState(({ state }) => {
      if (state === 'connected') onConnected();
      else if (state === 'idle') comeBackForPending();
    }),
    connection.onServerError(onServerError),
  ];

  // ---- out

  function start(mode: PendingRequest['mode'], message: RequestMessage, settle: Settle): void {
    stats.requests++;
    if (closed) throw new errors.ConnectionClosedError();
    if (inFlight >= maxInFlight) {
      throw new errors.OverloadedError('too many requests wait for an answer', maxInFlight);
    }
    const token = (++lastToken).toString(36);
    const request = prepareRequest(mode, message, token, inboxPrefix + token, names, settle);
    inFlight++;
    const nats = connection.current;
    if (nats !== undefined && exceededPayload(nats, message.body, request.headers) === undefined) {
      launch(nats, request, message.signal);
    } else {
      untilSendable(request, message)
        .then((ready) => launch(ready, request, message.signal))
        .catch((error: unknown) => fail(request, error));
    }
  }

  /** Publishes now, in this very turn: nothing is awaited on the way of an ordinary request. */
  function launch(nats: NatsConnection, request: PendingRequest, signal: CancelSignal | undefined): void {
    try {
      subscriptions.on(nats);
      if (signal !== undefined) {
        const abort = () => cancel(request, signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        request.release = () => signal.removeEventListener('abort', abort);
      }
      pending.add(request);
      outbox.publish(nats, request);
      sweeper ??= setInterval(sweep, SWEEP_MS);
    } catch (error) {
      fail(request, error);
    }
  }

  // ---- back

  function onPubAck(request: PendingRequest, ack: StoreAnswer): void {
    if (request.mode === 'core') {
      // A stream that happens to capture the subject answers too; only the worker's answer counts.
      if (ack.kind === 'refused' && ack.natsCode === 503)
        fail(request, new errors.NoWorkersError(request.subject));
      return;
    }
    if (request.stored !== undefined) return;
    if (ack.kind === 'refused') {
      outbox.refused(request, ack);
      return;
    }
    if (ack.kind === 'unsettled') {
      outbox.unsettled(request);
      return;
    }
    outbox.confirmed(request, ack);
    const { stream, seq, duplicate } = ack;
    if (request.onStored !== undefined) notify([request.onStored], { stream, seq, duplicate });
    if (stream === options.ackStream) pending.addSeq(request, seq);
    if (duplicate) void joinFirst(request, ack);
    if (stream === options.ackStream) router.claimEarly(request, seq);
  }

  /** This message id was sent before. Where somebody else did, the answer to that message, under its own id, is ours too. */
  async function joinFirst(request: PendingRequest, ack: PubAck): Promise<void> {
    request.held = [];
    try {
      const id = await findFirstCorrelationId(connection, ack, names.correlationHeader);
      const waits = pending.byToken(request.token) !== undefined;
      if (waits && id !== undefined && id !== request.correlationId) pending.join(request, id);
    } catch (error) {
      reportError(error as Error, request.subject);
    }
    const held = request.held;
    request.held = undefined;
    for (const offered of held ?? []) router.offer(request, offered);
  }

  function accept(request: PendingRequest, { reply, replySubject }: OfferedReply): void {
    if (reply.via === 'ack') acknowledge(replySubject);
    if (!end(request)) return;
    stats.answers[reply.via]++;
    const streamSeq = request.stored?.seq ?? reply.streamSeq;
    request.resolve(withBody({ ...reply, streamSeq }));
  }

  function withBody(reply: Reply): Reply | Promise<Reply> {
    if (options.bodies === undefined || !options.bodies.isReference(reply.headers)) return reply;
    return options.bodies.resolveBody(reply).then((body) => ({ ...reply, body }));
  }

  function onStray(request: PendingRequest, offered: OfferedReply, correlationId: string): void {
    stats.stray++;
    reports.stray(request, offered, correlationId);
  }

  function onLate(entry: UnansweredRequest, offered: OfferedReply): void {
    unanswered.forget(entry);
    stats.late++;
    void reports.late(entry, offered);
  }

  /** For workers that `respond` on the acknowledgement subject, which the server ignores. */
  function acknowledge(ackSubject: string): void {
    connection.current?.publish(ackSubject, ACK);
    stats.acknowledgedForWorker++;
  }

  // ---- ends

  /** @returns whether it was still waiting */
  function end(request: PendingRequest): boolean {
    if (request.ended) return false;
    request.ended = true;
    inFlight--;
    pending.remove(request);
    request.release?.();
    return true;
  }

  function fail(request: PendingRequest, error: unknown): void {
    if (!end(request)) return;
    if (error instanceof errors.MessagingError && error.phase === 'sent_unknown') {
      unanswered.remember(request, error.code);
    }
    request.reject(error);
  }

  function cancel(request: PendingRequest, cause: unknown): void {
    stats.cancelled++;
    const { subject, stored } = request;
    fail(request, new errors.RequestCancelledError(subject, phaseOf(request), stored?.seq, { cause }));
  }

  function sweep(): void {
    const now = Date.now();
    early.drop(now);
    for (const request of pending) {
      if (request.dueAt > now) continue;
      if (request.deadlineAt > now) {
        outbox.overdue(request);
      } else {
        stats.timeouts++;
        fail(request, endOfWait(request));
      }
    }
    if (pending.size > 0 || early.size > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
  }

  // ---- connection

  function onConnected(): void {
    const nats = connection.current;
    if (nats === undefined || !subscriptions.isUsed) return;
    subscriptions.on(nats);
    const now = Date.now();
    for (const request of pending) outbox.reconnected(request, now);
    if (pending.size > 0) sweep();
  }

  /** The connection was given up while answers are awaited: they come only over a new one. */
  function comeBackForPending(): void {
    const deadlineAt = Math.max(0, ...[...pending].map((request) => request.deadlineAt));
    if (deadlineAt > 0) connection.whenConnected({ deadlineAt }).catch(() => {});
  }

  function onServerError(error: Error): void {
    for (const { request, denial } of deniedRequests(pending, error)) fail(request, denial);
  }

  const send = (mode: PendingRequest['mode'], message: RequestMessage) =>
    new Promise<Reply>((resolve, reject) => start(mode, message, { resolve, reject }));

  return {
    get inFlight() {
      return inFlight;
    },
    async ready() {
      const nats = await connection.get();
      subscriptions.on(nats);
      await nats.flush();
      subscriptions.on(nats); // The refusal, if any, has arrived by now.
    },
    requestDurable: (message) => send('durable', message),
    requestCore: (message) => send('core', message),
    onStray(listener) {
      reports.strayListeners.add(listener);
      return () => reports.strayListeners.delete(listener);
    },
    onLate(listener) {
      reports.lateListeners.add(listener);
      return () => reports.lateListeners.delete(listener);
    },
    onUnclaimed(listener) {
      reports.unclaimedListeners.add(listener);
      return () => reports.unclaimedListeners.delete(listener);
    },
    stats: () => ({ ...stats, answers: { ...stats.answers } }),
    close() {
      closed = true;
      for (const request of [...pending]) cancel(request, 'the requester was closed');
      for (const stop of stopListening) stop();
      subscriptions.end();
      clearInterval(sweeper);
      unclaimed.end();
    },
  };
}
