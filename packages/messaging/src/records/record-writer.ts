/** Publishes to a stream and awaits its confirmation, many at a time over one inbox. */
import { type Headers, PassingMap } from '@nats-bridge/protocol';
import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { StoreRefusedError, StoreUnconfirmedError } from '../errors.js';
import { encodeHeaders } from '../request/message-headers.js';
import { NO_STREAM, type PubAck, readPubAck } from '../request/pub-ack.js';

export type RecordWriter = {
  /**
   * @throws StoreRefusedError when the stream does not keep it; StoreUnconfirmedError when it does not say so, or
   *   nothing within `timeoutMs`; NotConnectedError while there is no connection
   */
  write(subject: string, body: Uint8Array, headers: Headers): Promise<PubAck>;
  /** What was not confirmed by then may have been stored or not: it is rejected so. */
  close(): void;
};

type Waiting = {
  readonly subject: string;
  readonly dueAt: number;
  readonly resolve: (ack: PubAck) => void;
  readonly reject: (error: Error) => void;
};

const SWEEP_MS = 100;

/**
 * nats.js' own publish makes a timer, a promise chain and an error with its stack for each message; where every
 * reply is stored, that is a tenth of a worker's time.
 */
export function createRecordWriter(
  connection: Connection,
  options: { readonly timeoutMs?: number } = {},
): RecordWriter {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const prefix = `${createInbox(connection.inboxPrefix)}.`;
  const waiting = new PassingMap<string, Waiting>();
  let subscribed: { readonly nats: NatsConnection; readonly subscription: Subscription } | undefined;
  let sweeper: ReturnType<typeof setInterval> | undefined;
  let lastToken = 0;

  /** nats.js restores a subscription over a reconnect; a connection made anew needs a new one. */
  function listenOn(nats: NatsConnection): void {
    if (subscribed?.nats === nats) return;
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) onAck(message);
    };
    subscribed = { nats, subscription: nats.subscribe(`${prefix}*`, { callback }) };
  }

  function onAck(message: Msg): void {
    const token = message.subject.slice(prefix.length);
    const entry = waiting.get(token);
    if (entry === undefined) return;
    const ack = message.headers?.code === 503 ? NO_STREAM : readPubAck(message.data);
    if (ack === undefined) return; // not the stream's answer
    waiting.delete(token);
    if (ack.kind === 'stored') entry.resolve(ack);
    else if (ack.kind === 'unsettled') entry.reject(new StoreUnconfirmedError(entry.subject, 1));
    else entry.reject(refused(entry.subject, ack.natsCode, ack.description, ack.transient));
  }

  function sweep(): void {
    const now = Date.now();
    for (const [token, { subject, dueAt, reject }] of waiting) {
      if (dueAt > now) break; // in the order they were sent
      waiting.delete(token);
      reject(new StoreUnconfirmedError(subject, 1));
    }
    if (waiting.size > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
  }

  return {
    async write(subject, body, headers) {
      const nats =
        connection.current ?? (await connection.whenConnected({ deadlineAt: Date.now() + timeoutMs }));
      listenOn(nats);
      const token = (++lastToken).toString(36);
      return new Promise((resolve, reject) => {
        waiting.set(token, { subject, dueAt: Date.now() + timeoutMs, resolve, reject });
        nats.publish(subject, body, { reply: prefix + token, headers: encodeHeaders(headers) });
        sweeper ??= setInterval(sweep, SWEEP_MS);
      });
    },
    close() {
      subscribed?.subscription.unsubscribe();
      subscribed = undefined;
      clearInterval(sweeper);
      sweeper = undefined;
      for (const [token, { subject, reject }] of waiting) {
        waiting.delete(token);
        reject(new StoreUnconfirmedError(subject, 1));
      }
    },
  };
}

function refused(
  subject: string,
  natsCode: number,
  description: string,
  transient: boolean,
): StoreRefusedError {
  const advice = transient
    ? 'Try again.'
    : "Compare the stream's subjects and limits with the configuration.";
  return new StoreRefusedError(subject, natsCode, description, transient, 'before_send', advice);
}
