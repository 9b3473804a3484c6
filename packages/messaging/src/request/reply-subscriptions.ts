/** The subscriptions on which answers arrive, made once per NATS connection. */
import { type Msg, type NatsConnection, PermissionViolationError } from '@nats-io/nats-core';
import { PermissionDeniedError } from '../errors.js';
import { ackSubjectsOf } from './ack-subject.js';

export type ReplyListeners = {
  inbox(message: Msg, token: string): void;
  durable(message: Msg): void;
  ack(message: Msg, stream: string): void;
  /** The server refused a subscription, or a listener threw. */
  error(error: Error, subject: string): void;
};

export type ReplySubjects = {
  /** With the dot at its end. */
  readonly inboxPrefix: string;
  readonly durable: readonly string[];
  /** The stream whose acknowledgements are listened to, if any. */
  readonly ackStream: string | undefined;
};

export class ReplySubscriptions {
  #nats: NatsConnection | undefined;
  #unsubscribe = () => {};
  #inboxRefused: Error | undefined;

  constructor(
    readonly subjects: ReplySubjects,
    readonly listeners: ReplyListeners,
  ) {}

  /** Whether `on` was ever called. */
  get isUsed(): boolean {
    return this.#nats !== undefined;
  }

  /**
   * nats.js restores subscriptions over a reconnect; a connection made anew needs new ones.
   * @throws PermissionDeniedError once the server has refused the inbox: no answer could arrive
   */
  on(nats: NatsConnection): void {
    if (this.#nats !== nats) {
      this.#unsubscribe();
      this.#inboxRefused = undefined;
      this.#unsubscribe = this.#subscribeAll(nats);
      this.#nats = nats;
    }
    if (this.#inboxRefused !== undefined) throw this.#inboxRefused;
  }

  end(): void {
    this.#unsubscribe();
    this.#unsubscribe = () => {};
  }

  #subscribeAll(nats: NatsConnection): () => void {
    const { inboxPrefix, durable, ackStream } = this.subjects;
    const { listeners } = this;
    const all = [
      this.#subscribe(nats, `${inboxPrefix}*`, (message) =>
        listeners.inbox(message, message.subject.slice(inboxPrefix.length)),
      ),
      ...durable.map((subject) => this.#subscribe(nats, subject, (message) => listeners.durable(message))),
    ];
    for (const subject of ackStream === undefined ? [] : ackSubjectsOf(ackStream)) {
      all.push(this.#subscribe(nats, subject, (message) => listeners.ack(message, ackStream ?? '')));
    }
    return () => {
      if (!nats.isClosed()) for (const subscription of all) subscription.unsubscribe();
    };
  }

  #subscribe(nats: NatsConnection, subject: string, handle: (message: Msg) => void) {
    return nats.subscribe(subject, {
      // A throw in here would end the reader of nats.js without a sign.
      callback: (error, message) => {
        try {
          if (error) this.#refused(error, subject);
          else handle(message);
        } catch (thrown) {
          this.listeners.error(thrown instanceof Error ? thrown : new Error(String(thrown)), subject);
        }
      },
    });
  }

  #refused(cause: Error, subject: string): void {
    const error =
      cause instanceof PermissionViolationError
        ? new PermissionDeniedError('subscription', subject, { cause })
        : cause;
    if (subject.startsWith(this.subjects.inboxPrefix)) this.#inboxRefused = error;
    this.listeners.error(error, subject);
  }
}
