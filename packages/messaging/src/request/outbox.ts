/** Publishes requests and sees to it that the stream confirms them: again on silence, never twice stored. */
import { InvalidArgumentError, type NatsConnection } from '@nats-io/nats-core';
import { backoffMs } from '../connection/backoff.js';
import type { Connection } from '../connection/connection.js';
import {
  MessageTooLargeError,
  NotConnectedError,
  StoreRefusedError,
  StoreUnconfirmedError,
} from '../errors.js';
import type { PendingRequest } from './pending-requests.js';
import { NO_STREAM, type PubAck, type PubRefusal } from './pub-ack.js';
import type { MutableStats } from './requester-contract.js';
import { afterRefusal, afterSilence, refusalAdvice } from './store-attempts.js';

export type OutboxOptions = {
  readonly pubAckTimeoutMs: number;
  readonly maxRetries: number;
  /** With the dot at its end. */
  readonly inboxPrefix: string;
};

export class Outbox {
  constructor(
    readonly connection: Connection,
    readonly options: OutboxOptions,
    readonly stats: MutableStats,
    readonly fail: (request: PendingRequest, error: Error) => void,
  ) {}

  /** @throws NotConnectedError or MessageTooLargeError when nats.js takes no message now, or not this one */
  publish(nats: NatsConnection, request: PendingRequest): void {
    const { subject, body, headers, token } = request;
    const now = Date.now();
    try {
      nats.publish(subject, body, { reply: this.options.inboxPrefix + token, headers: headers.forPublish });
    } catch (cause) {
      if (cause instanceof InvalidArgumentError) {
        const limit = nats.info?.max_payload ?? 0;
        throw new MessageTooLargeError(
          body?.length ?? 0,
          limit,
          'body and headers together exceed max_payload',
        );
      }
      throw new NotConnectedError(this.connection.servers, 'the connection closed before sending', { cause });
    }
    if (request.published++ === 0) request.sentAt = now;
    else this.stats.republished++;
    request.dueAt = request.isHeardAsItPasses
      ? request.deadlineAt
      : Math.min(request.deadlineAt, now + this.options.pubAckTimeoutMs);
  }

  /** The stream has it: nothing more to send. */
  confirmed(request: PendingRequest, ack: PubAck): void {
    const { stream, seq, duplicate } = ack;
    request.stored = { stream, seq, duplicate, confirmedAt: Date.now() };
    request.body = undefined;
    request.dueAt = request.deadlineAt;
  }

  refused(request: PendingRequest, refusal: PubRefusal): void {
    request.refused++;
    const error = refusalError(request, refusal);
    request.refusedWith = error;
    const maxRetries = request.isHeardAsItPasses ? 0 : this.options.maxRetries;
    const next = afterRefusal(request, refusal, maxRetries, Date.now(), request.dueAt);
    if (next.kind === 'wait') {
      request.dueAt = Math.min(next.untilMs, request.deadlineAt);
      return;
    }
    this.stats.refused++;
    // Who may have it all the same may answer until the deadline.
    if (error.phase === 'before_send') this.fail(request, error);
  }

  /** Whether it will be stored is known soon: this try counts as unanswered, and another says. */
  unsettled(request: PendingRequest): void {
    if (request.isHeardAsItPasses) return;
    request.dueAt = Math.min(Date.now() + backoffMs(request.published - 1), request.deadlineAt);
  }

  /** The time for a PubAck, or the pause after a passing refusal, is over. */
  overdue(request: PendingRequest): void {
    const nats = this.connection.current;
    if (nats === undefined) {
      request.dueAt = request.deadlineAt; // `reconnected` brings it forward.
    } else if (request.published > request.refused && Date.now() > request.repeatUntil) {
      request.dueAt = request.deadlineAt; // Its answer may come all the same.
    } else if (afterSilence(request, this.options.maxRetries).kind === 'republish') {
      this.#publishAgain(nats, request);
    } else {
      this.stats.unconfirmed++;
      this.fail(request, new StoreUnconfirmedError(request.subject, request.published));
    }
  }

  #publishAgain(nats: NatsConnection, request: PendingRequest): void {
    try {
      this.publish(nats, request);
    } catch {
      request.dueAt = request.deadlineAt; // The connection is going: `reconnected` brings it forward.
    }
  }

  /** What was under way when the connection broke may be lost: send it again at once. */
  reconnected(request: PendingRequest, now: number): void {
    if (!request.isHeardAsItPasses && request.stored === undefined) request.dueAt = now;
  }
}

/**
 * A plain subscriber may have what the stream refused. Only where there was no listener at all (503) it is certain
 * that nobody does.
 */
function refusalError(request: PendingRequest, refusal: PubRefusal): StoreRefusedError {
  const phase = request.isHeardAsItPasses && refusal !== NO_STREAM ? 'sent_unknown' : 'before_send';
  const { natsCode, description, transient } = refusal;
  return new StoreRefusedError(
    request.subject,
    natsCode,
    description,
    transient,
    phase,
    refusalAdvice(refusal),
  );
}
