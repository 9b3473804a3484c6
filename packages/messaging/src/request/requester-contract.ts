/** What a requester promises, what it can be told, and what it counts. */
import type { Headers } from '@nats-bridge/protocol';
import type { BodyReferences } from '../bodies/body-reference.js';
import type { ReadCorrelationId } from './correlation.js';
import type { Reply, RequestMessage } from './reply.js';
import type { LateListener, StrayListener, UnclaimedListener } from './reply-reports.js';

export type Requester = {
  /** Requests that wait, for an answer or to be sent. */
  readonly inFlight: number;
  /** Connects and subscribes, so that the first request does not pay for it. */
  ready(): Promise<void>;
  /**
   * Has the message stored by JetStream and awaits its answer. A lost connection is no error while the
   * deadline has not passed: the answer may come after the reconnect.
   * @throws MessagingError; its `phase` says whether the message can have reached anyone
   */
  requestDurable(message: RequestMessage): Promise<Reply>;
  /** Sends without storing and awaits the answer. @throws NoWorkersError when nobody is subscribed */
  requestCore(message: RequestMessage): Promise<Reply>;
  /** Replies that named another request than the one they came for. @returns unsubscribe */
  onStray(listener: StrayListener): () => void;
  /**
   * Replies to requests that had ended without one. A worker that only responds is acknowledged once the
   * listeners are done. @returns unsubscribe
   */
  onLate(listener: LateListener): () => void;
  /**
   * Replies of workers that only respond, to deliveries that no requester waits for: their own has ended, or never was
   * one. Told by each requester that hears them. @returns unsubscribe
   */
  onUnclaimed(listener: UnclaimedListener): () => void;
  stats(): RequesterStats;
  /** Ends what still waits with RequestCancelledError and unsubscribes. Leaves the connection open. */
  close(): void;
};

export type RequesterOptions = {
  /** Wildcard subjects on which durable answers are published, e.g. `['hyperswitch.operations.>']`. Default none. */
  readonly replySubjects?: readonly string[];
  /** The stream whose acknowledgement subjects are listened to for workers that `respond`. Default: none. */
  readonly ackStream?: string;
  /**
   * Whether a consumer of that stream can have been given a message of this subject. Who may acknowledge for one
   * consumer could otherwise answer what another delivered. Default: every one can.
   */
  readonly mayDeliver?: (consumer: string, subject: string) => boolean;
  /** How long to wait for a PubAck before the same message is published again. Default 2 000. */
  readonly pubAckTimeoutMs?: number;
  /** Attempts after the first. Default 3 (specification's max_retries). */
  readonly maxRetries?: number;
  /** Requests that may wait at once; further ones are refused. Default 10 000. */
  readonly maxInFlight?: number;
  /** Default `X-Correlation-Id`. */
  readonly correlationHeader?: string;
  /** Default `X-Reply-To`. */
  readonly replyToHeader?: string;
  /** How a reply's body names its request. Default: the JSON field `correlation_id`. */
  readonly readCorrelationId?: ReadCorrelationId;
  /**
   * Whether a message on a durable reply subject is an answer. Default: every one is. Needed where claims
   * or other records share the subject with answers.
   */
  readonly isAnswer?: (body: Uint8Array) => boolean;
  /** Says whether one that ends the wait says that nobody will answer: it never is a late answer. */
  readonly isWithdrawal?: (headers: Headers) => boolean;
  /** Carries bodies above the server's max_payload. Default: they are refused. */
  readonly bodies?: BodyReferences;
  /** How far the server's clock may be from this machine's, in milliseconds. Default 250. */
  readonly clockToleranceMs?: number;
  /** Told of refused subscriptions and of what listeners throw. Default: nobody. */
  readonly onError?: (error: Error, subject: string) => void;
};

/** Totals since the requester was made. */
export type RequesterStats = {
  readonly requests: number;
  readonly answers: {
    readonly inbox: number;
    readonly durable: number;
    readonly ack: number;
    readonly core: number;
  };
  /** Publications of the same message after the first. */
  readonly republished: number;
  readonly refused: number;
  readonly unconfirmed: number;
  readonly timeouts: number;
  readonly cancelled: number;
  readonly stray: number;
  readonly late: number;
  /** Acknowledgements sent on behalf of workers that only respond. */
  readonly acknowledgedForWorker: number;
};

export type MutableStats = {
  -readonly [K in keyof RequesterStats]: RequesterStats[K] extends number
    ? number
    : { -readonly [P in keyof RequesterStats[K]]: number };
};

export function zeroStats(): MutableStats {
  return {
    requests: 0,
    answers: { inbox: 0, durable: 0, ack: 0, core: 0 },
    republished: 0,
    refused: 0,
    unconfirmed: 0,
    timeouts: 0,
    cancelled: 0,
    stray: 0,
    late: 0,
    acknowledgedForWorker: 0,
  };
}
