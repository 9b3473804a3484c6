/** What a worker reports of itself, for logs and metrics; none of it holds payment data. */
import type { Operation } from '@nats-bridge/protocol';

/** Which delivery an event is about: ids alone. What could not be read has fewer. */
export type DeliveryIds = {
  readonly merchantId?: string;
  readonly paymentId?: string;
  readonly attemptId?: string;
  readonly correlationId?: string;
};

export type WorkerEvent =
  | {
      readonly type: 'started';
      readonly operations: readonly Operation[];
      readonly mode: 'jetstream' | 'core';
    }
  /** Where Prometheus finds its metrics. */
  | { readonly type: 'metrics_served'; readonly url: string }
  | {
      readonly type: 'answered';
      readonly operation: Operation;
      readonly attempt: number;
      readonly ms: number;
      readonly ids?: DeliveryIds;
    }
  /** Too many plain requests in hand: it was answered so, and not run. */
  | { readonly type: 'overloaded'; readonly subject: string; readonly ids?: DeliveryIds }
  /**
   * Nothing was run. `expired`: its deadline had passed before anybody began, and nobody will. `dropped`: it had been
   * withdrawn. `resent`: it had been answered before, and the same answer was said again.
   */
  | {
      readonly type: 'expired' | 'dropped' | 'resent';
      readonly operation?: Operation;
      readonly subject: string;
      readonly ids?: DeliveryIds;
    }
  /** Its idempotency key was used for another request: it was refused, and nothing run. */
  | {
      readonly type: 'conflict';
      readonly operation: Operation;
      readonly subject: string;
      readonly ids?: DeliveryIds;
    }
  /**
   * Another worker took over and answered while this one was at it, because its lease had run out: look whether the
   * handler had an effect of its own.
   */
  | {
      readonly type: 'superseded';
      readonly operation: Operation;
      readonly subject: string;
      readonly ids?: DeliveryIds;
    }
  /** It could not be read as a request: it was answered so and will not be delivered again. */
  | {
      readonly type: 'malformed';
      readonly subject: string;
      readonly reason: string;
      readonly ids?: DeliveryIds;
    }
  /** The handler threw; it will be delivered again in `retryInMs`. */
  | {
      readonly type: 'handler_failed';
      readonly operation: Operation;
      readonly attempt: number;
      readonly retryInMs: number;
      readonly error: unknown;
      readonly ids?: DeliveryIds;
    }
  /**
   * What the handler answered could not be encoded, or not be put away for half a minute: its status, transaction id
   * and error were recorded without the rest.
   */
  | {
      readonly type: 'reply_reduced';
      readonly operation: Operation;
      readonly error: unknown;
      readonly ids?: DeliveryIds;
    }
  /** The answer could not be published, for half a minute; a stored request will be delivered again. */
  | {
      readonly type: 'reply_failed';
      readonly operation: Operation;
      readonly error: unknown;
      readonly ids?: DeliveryIds;
    }
  /**
   * Consumers cannot be read, and are tried again. Said of the first of them, once for each reason, until they can be.
   * Usual while the bridge has not made them yet.
   */
  | {
      readonly type: 'consumer_unavailable';
      readonly consumer: string;
      /** undefined for the general one. */
      readonly pool: string | undefined;
      readonly error: unknown;
    }
  /** Spans cannot be exported; said once, until they can again. */
  | { readonly type: 'traces_not_exported'; readonly error: Error }
  | { readonly type: 'draining' }
  /** These did not end within `drainTimeoutMs`; what came from the stream will be delivered again. */
  | { readonly type: 'abandoned'; readonly requests: number }
  | { readonly type: 'stopped' };
