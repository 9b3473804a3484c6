/** What can go wrong between the bridge and NATS: one class per thing a caller can do something about. */

/**
 * When an error happened, seen from the operation:
 * `before_send`: nothing can have reached a worker, so it may be answered as failed or tried again;
 * `sent_unknown`: a worker may run it or have run it, so only asking is safe.
 */
export type ErrorPhase = 'before_send' | 'sent_unknown';

/** Base of every error this package throws at a caller. */
export abstract class MessagingError extends Error {
  /** Stable, for programs. */
  abstract readonly code: string;
  abstract readonly phase: ErrorPhase;
  /** Whether doing the same again, later, may succeed. Says nothing about safety: that is `phase`. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No NATS server could be reached, or the connection was lost and did not come back in time. */
export class NotConnectedError extends MessagingError {
  readonly code = 'NATS_UNREACHABLE';
  readonly phase = 'before_send';
  readonly retryable = true;

  /** @param servers their addresses, without credentials */
  constructor(
    readonly servers: readonly string[],
    what: string,
    options?: ErrorOptions,
    advice = 'Start the server or correct its address; then try again.',
  ) {
    super(`${what} (${servers.join(', ')}). ${advice}`, options);
  }
}

/** A server on another machine would be spoken to in clear. */
export class PlaintextRefusedError extends MessagingError {
  readonly code = 'PLAINTEXT_REFUSED';
  readonly phase = 'before_send';
  readonly retryable = false;

  /** @param hosts `host:port`, without credentials */
  constructor(hosts: readonly string[]) {
    super(
      `${hosts.join(', ')} is another machine and the connection has no TLS: card data and credentials would cross the network in clear. Use tls://, configure TLS, or allow plaintext where the network itself is encrypted`,
    );
  }
}

/** The connection was closed by this program; it does not open again. */
export class ConnectionClosedError extends MessagingError {
  readonly code = 'CONNECTION_CLOSED';
  readonly phase = 'before_send';
  readonly retryable = false;

  constructor() {
    super('the NATS connection was closed by this program: make a new one');
  }
}

/** A bound of this process was reached: too many operations in flight or waiting for a reconnect. */
export class OverloadedError extends MessagingError {
  readonly code = 'OVERLOADED';
  readonly phase = 'before_send';
  readonly retryable = true;

  constructor(
    what: string,
    readonly limit: number,
  ) {
    super(`${what} (limit ${limit}): send less, add an instance, or raise the limit`);
  }
}

/** Nobody is subscribed who could run the operation. */
export class NoWorkersError extends MessagingError {
  readonly code = 'NO_WORKERS_AVAILABLE';
  readonly phase = 'before_send';
  readonly retryable = true;

  constructor(readonly subject: string) {
    super(`no worker is listening on ${subject}: start one, or check its subject and permissions`);
  }
}

/** The stream answered that it does not keep the message. */
export class StoreRefusedError extends MessagingError {
  readonly code = 'STORE_REFUSED';

  /** @param natsCode the server's `err_code`, or 503 when no stream listens on the subject */
  constructor(
    readonly subject: string,
    readonly natsCode: number,
    readonly description: string,
    readonly retryable: boolean,
    readonly phase: ErrorPhase,
    advice: string,
  ) {
    super(`JetStream refused a message on ${subject}: ${description} (${natsCode}). ${advice}`);
  }
}

/** The message was published, repeatedly, and the stream never confirmed it. */
export class StoreUnconfirmedError extends MessagingError {
  readonly code = 'STORE_UNCONFIRMED';
  readonly phase = 'sent_unknown';
  readonly retryable = true;

  constructor(
    readonly subject: string,
    readonly attempts: number,
  ) {
    super(
      `JetStream did not confirm a message on ${subject} after ${attempts} attempts: it may be stored or not. Ask for the outcome; sending again under the same message id is safe within the stream's duplicate window`,
    );
  }
}

/** The deadline passed without an answer. */
export class ReplyTimeoutError extends MessagingError {
  readonly code = 'NATS_TIMEOUT';
  readonly retryable = false;

  /** @param streamSeq the message's place in the stream, when it is known to be stored */
  constructor(
    readonly subject: string,
    readonly phase: ErrorPhase,
    readonly waitedMs: number,
    readonly streamSeq?: number,
  ) {
    super(
      phase === 'before_send'
        ? `the deadline passed before a message on ${subject} was sent`
        : `no answer on ${subject} within ${waitedMs} ms: it may still be executed, so ask for its outcome`,
    );
  }
}

/** The caller gave up through its signal. */
export class RequestCancelledError extends MessagingError {
  readonly code = 'CANCELLED';
  readonly retryable = false;

  constructor(
    readonly subject: string,
    readonly phase: ErrorPhase,
    readonly streamSeq?: number,
    options?: ErrorOptions,
  ) {
    super(
      phase === 'before_send'
        ? `the request on ${subject} was cancelled before it was sent`
        : `the wait for an answer on ${subject} was cancelled: it may still be executed`,
      options,
    );
  }
}

/** A body is larger than may be carried, by message or by reference. */
export class MessageTooLargeError extends MessagingError {
  readonly code = 'MESSAGE_TOO_LARGE';
  readonly phase = 'before_send';
  readonly retryable = false;

  constructor(
    readonly sizeBytes: number,
    readonly limitBytes: number,
    advice: string,
  ) {
    super(`a body of ${sizeBytes} bytes exceeds the limit of ${limitBytes}: ${advice}`);
  }
}

/** A body that travelled by reference cannot be had or is not what was sent. */
export class BodyUnavailableError extends MessagingError {
  readonly code = 'BODY_UNAVAILABLE';
  readonly retryable = true;

  constructor(
    readonly reference: string,
    why: string,
    readonly phase: ErrorPhase,
    options?: ErrorOptions,
  ) {
    super(`the body ${reference} ${why}`, options);
  }
}

/** A subject, header or identifier that NATS cannot carry. */
export class InvalidMessageError extends MessagingError {
  readonly code = 'INVALID_MESSAGE';
  readonly phase = 'before_send';
  readonly retryable = false;
}

/** The server's permissions do not let this user publish or subscribe. */
export class PermissionDeniedError extends MessagingError {
  readonly code = 'PERMISSION_DENIED';
  readonly retryable = false;

  constructor(
    readonly operation: 'publish' | 'subscription',
    readonly subject: string,
    options?: ErrorOptions,
    /** `sent_unknown` where it had been published before it was denied. */
    readonly phase: ErrorPhase = 'before_send',
  ) {
    super(`NATS denies this user the ${operation} on ${subject}: correct its permissions`, options);
  }
}

/** A worker is not to come first, and cannot be put behind others: it would be given as much as they are. */
export class PrioritiesMissingError extends MessagingError {
  readonly code = 'PRIORITIES_MISSING';
  readonly phase = 'before_send';
  /** A bridge may give them to a consumer, and a server may be updated. */
  readonly retryable = true;

  /** @param why what has none, e.g. `the consumer hyperswitch-consumer-authorize has no priorities` */
  constructor(why: string) {
    super(
      `${why}: a backup worker would be given as much as the others, so it takes nothing. Set nats_bridge.jetstream.backup_workers = true for the bridges, and restart one; it needs nats-server 2.12 or later`,
    );
  }
}

/** The server ended an order for messages of a consumer, or shows no longer that it remembers it. */
export class OrderEndedError extends MessagingError {
  readonly code = 'ORDER_ENDED';
  readonly phase = 'before_send';
  readonly retryable = true;

  /** @param why in the server's words, where it said something */
  constructor(
    readonly consumer: string,
    why: string,
  ) {
    super(`nothing is delivered from the consumer ${consumer} for the moment: ${why}`);
  }
}

/** A record was changed by somebody else since it was read: read it again and decide anew. */
export class RecordChangedError extends MessagingError {
  readonly code = 'RECORD_CHANGED';
  readonly phase = 'before_send';
  readonly retryable = true;

  /** @param expectedSeq what its last sequence was taken to be */
  constructor(
    readonly subject: string,
    readonly expectedSeq: number,
    options?: ErrorOptions,
  ) {
    super(`the record ${subject} is no longer at sequence ${expectedSeq}: read it again`, options);
  }
}
