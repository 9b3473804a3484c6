/** What members of a group tell each other by the way: core NATS, nothing is stored, and who is away misses it. */
import { type NatsConnection, PermissionViolationError } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { PermissionDeniedError } from '../errors.js';

export type BroadcastOptions = {
  /** On which this member tells; what comes there is its own, and is not heard. */
  readonly subject: string;
  /** On which all members tell. */
  readonly pattern: string;
  /** @param body parsed JSON, of whoever may publish there. What it throws goes to `onError`. */
  readonly hear: (body: unknown) => void;
  readonly onError: (error: Error) => void;
};

export type Broadcast = {
  /** Does nothing while there is no connection, and never throws. */
  tell(body: unknown): void;
  close(): void;
};

/** Listens from the time there is a connection, which it does not make. */
export function createBroadcast(connection: Connection, options: BroadcastOptions): Broadcast {
  const { subject, pattern, hear, onError } = options;
  let listening: NatsConnection | undefined;
  let stop = () => {};

  /** nats.js restores subscriptions over a reconnect; a connection made anew needs new ones. */
  function listen(): void {
    const nats = connection.current;
    if (nats === undefined || nats === listening) return;
    stop();
    listening = nats;
    const subscription = nats.subscribe(pattern, {
      // A throw in here would end the reader of nats.js without a sign.
      callback: (refusal, message) => {
        try {
          if (refusal) throw refusal;
          if (message.subject !== subject) hear(message.json());
        } catch (cause) {
          onError(errorOf(cause, pattern));
        }
      },
    });
    stop = () => {
      if (!nats.isClosed()) subscription.unsubscribe();
    };
  }

  const stopWatching = connection.onState(listen);
  listen();
  return {
    tell(body) {
      try {
        connection.current?.publish(subject, JSON.stringify(body));
      } catch (cause) {
        onError(errorOf(cause, pattern)); // the connection is just going, or it is too large
      }
    },
    close() {
      stopWatching();
      stop();
    },
  };
}

function errorOf(cause: unknown, pattern: string): Error {
  if (cause instanceof PermissionViolationError)
    return new PermissionDeniedError('subscription', pattern, { cause });
  return cause instanceof Error ? cause : new Error(String(cause));
}
