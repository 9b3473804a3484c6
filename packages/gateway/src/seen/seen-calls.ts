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
  /** undefined for calls that came another way than over gRPC. */
  rpc: RpcTimes | undefined;
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

  function keep({ operation, connector, result, code, ids, marks, durationMs }: CallEnded): void {
    const endedAt = marks.begunAt + durationMs;
    calls.set(ids.correlationId, { operation, connector, result, code, ids, marks, endedAt, rpc: undefined });
    for (const oldest of oldestBeyond(calls, mostCalls)) calls.delete(oldest);
  }

  const stop = bridge.observe((observation) => {
    if (observation.type === 'call_ended') keep(observation);
  });

  return {
    answered(correlationId, rpc) {
      const call = calls.get(correlationId);
      if (call !== undefined) call.rpc = rpc;
    },
    ofPayment: (merchantId, paymentId) =>
      [...calls.values()].filter(({ ids }) => ids.paymentId === paymentId && ids.merchantId === merchantId),
    close: stop,
  };
}
