/** The calls that this gateway has answered lately: what each caller heard, and when it came how far. */
import type { CallMarks, NatsBridge, Observation } from '@nats-bridge/connector';
import { oldestBeyond } from '@nats-bridge/protocol';

type CallEnded = Extract<Observation, { type: 'call_ended' }>;

/** Of a gRPC call, by `performance.now()` as in {@link CallMarks}. */
export type RpcTimes = {
  /** grpc-js handed it over, with all of its bytes. */
  readonly begunAt: number;
  /** Metadata and bytes were understood. */
  readonly readAt: number;
  /** The answer was handed back to grpc-js. */
  readonly endedAt: number;
};

export type SeenCall = Pick<CallEnded, 'operation' | 'connector' | 'result' | 'code' | 'ids'> & {
  readonly marks: Readonly<CallMarks>;
  /** When the connector was through with it, by `performance.now()`. */
  readonly endedAt: number;
  /** Left out for calls that came another way than over gRPC. */
  readonly rpc?: RpcTimes;
};

export type SeenCalls = {
  /** The answer of a call went out. */
  answered(correlationId: string, rpc: RpcTimes): void;
  /** Oldest first. */
  ofPayment(merchantId: string, paymentId: string): readonly SeenCall[];
  close(): void;
};

/** About 10 MB. */
const MOST_CALLS = 20_000;

export function createSeenCalls(bridge: Pick<NatsBridge, 'observe'>, mostCalls = MOST_CALLS): SeenCalls {
  /** By correlation id, oldest first. */
  const calls = new Map<string, SeenCall>();
  const byPayment = new Map<string, Set<string>>();

  function keep({ operation, connector, result, code, ids, marks, durationMs }: CallEnded): void {
    const { correlationId } = ids;
    calls.set(correlationId, {
      operation,
      connector,
      result,
      code,
      ids,
      marks,
      endedAt: marks.begunAt + durationMs,
    });
    const payment = paymentOf(ids);
    const others = byPayment.get(payment);
    if (others === undefined) byPayment.set(payment, new Set([correlationId]));
    else others.add(correlationId);
    for (const oldest of oldestBeyond(calls, mostCalls)) forget(oldest);
  }

  function forget(correlationId: string): void {
    const call = calls.get(correlationId);
    if (call === undefined) return;
    calls.delete(correlationId);
    const payment = paymentOf(call.ids);
    const others = byPayment.get(payment);
    others?.delete(correlationId);
    if (others?.size === 0) byPayment.delete(payment);
  }

  const stop = bridge.observe((observation) => {
    if (observation.type === 'call_ended') keep(observation);
  });

  return {
    answered(correlationId, rpc) {
      const call = calls.get(correlationId);
      if (call !== undefined) calls.set(correlationId, { ...call, rpc });
    },
    ofPayment: (merchantId, paymentId) =>
      [...(byPayment.get(paymentOf({ merchantId, paymentId })) ?? [])]
        .map((correlationId) => calls.get(correlationId))
        .filter((call) => call !== undefined),
    close: stop,
  };
}

function paymentOf({ merchantId, paymentId }: { merchantId: string; paymentId: string }): string {
  return `${merchantId}\n${paymentId}`;
}
