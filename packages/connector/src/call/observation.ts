/** What can be seen of the calls of a bridge while they run, for metrics; none of it holds payment data. */
import type { BridgeErrorCode, Outcome, RouterData } from '@nats-bridge/protocol';
import type { BreakerState } from '../policies/circuit-breaker.js';
import type { CallMarks, Route } from './exchange.js';
import type { PoolName } from './route.js';

/**
 * How a call ended. The first three are answers of a worker. `unknown`: it may have happened (phase `sent_unknown`).
 * `not_sent`: it has not happened (phase `before_send`).
 */
export type CallResult = 'success' | 'failure' | 'processing' | 'unknown' | 'not_sent';

/** Which call, in ids that Hyperswitch and the bridge gave. */
export type CallIds = {
  readonly merchantId: string;
  readonly paymentId: string;
  readonly attemptId: string;
  readonly correlationId: string;
};

export type Observation =
  | ({ readonly type: 'call_began' } & Route)
  | ({
      readonly type: 'call_ended';
      readonly result: CallResult;
      /** Of `unknown` and `not_sent`: why. */
      readonly code?: BridgeErrorCode;
      /** Of `NO_WORKERS_AVAILABLE`: in which pools nobody took it; undefined stands for the workers of none. */
      readonly pools?: readonly PoolName[];
      readonly durationMs: number;
      readonly marks: Readonly<CallMarks>;
      readonly ids: CallIds;
      /** W3C, where it is traced. */
      readonly traceId?: string;
    } & Route)
  /** The call is tried once more, because the try before it ended with `code`. */
  | ({ readonly type: 'call_retried'; readonly code: BridgeErrorCode; readonly ids: CallIds } & Route)
  | ({ readonly type: 'breaker_changed'; readonly state: BreakerState['state'] } & Route);

export type Observe = (observation: Observation) => void;

export type Observers = {
  /** Hands an observation to all of them. What one of them throws comes between nobody and his payment. */
  readonly tell: Observe;
  /** @returns unsubscribe */
  add(observe: Observe): () => void;
};

export function createObservers(): Observers {
  const observers = new Set<Observe>();
  return {
    tell(observation) {
      for (const observe of observers)
        try {
          observe(observation);
        } catch (error) {
          queueMicrotask(() => {
            throw error; // it belongs to who wrote the observer
          });
        }
    },
    add(observe) {
      observers.add(observe);
      return () => void observers.delete(observe);
    },
  };
}

export function idsOf({
  data,
  correlationId,
}: {
  readonly data: RouterData;
  readonly correlationId: string;
}): CallIds {
  const { merchant_id: merchantId, payment_id: paymentId, attempt_id: attemptId } = data;
  return { merchantId, paymentId, attemptId, correlationId };
}

export function resultOf(outcome: Outcome): CallResult {
  return outcome.kind === 'answered' ? outcome.reply.status : outcome.kind;
}
