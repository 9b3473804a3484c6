/** A call as it is seen from outside: observed and traced from its beginning to its outcome. */
import { randomUUID } from 'node:crypto';
import type { BridgeErrorCode, Operation, RouterData } from '@nats-bridge/protocol';
import type { TraceParent, Tracing } from '@nats-bridge/tracing';
import type { BridgeConfig } from '../config/bridge-config.js';
import { CALL_SPAN, endCall } from '../tracing/trace-call.js';
import type { CallMarks } from './exchange.js';
import { type CallResult, idsOf, type Observe } from './observation.js';
import { poolsFor } from './route.js';

export type BegunCall = {
  readonly operation: Operation;
  readonly data: RouterData;
  readonly correlationId: string;
  /** Its span, or without one what was above it. */
  readonly trace: TraceParent | undefined;
  /** Written as it goes on. */
  readonly marks: CallMarks;
  /** @param code of `unknown` and `not_sent`: why */
  end(result: CallResult, code?: BridgeErrorCode): void;
};

/** @param above the span above, or its W3C trace context */
export type BeginCall = (operation: Operation, data: RouterData, above: TraceParent | undefined) => BegunCall;

export function createBeginCall(world: {
  readonly config: BridgeConfig;
  readonly tracing: Tracing | undefined;
  readonly tell: Observe;
}): BeginCall {
  const { config, tracing, tell } = world;
  return (operation, data, above) => {
    const call = { operation, data, correlationId: randomUUID() };
    const { connector } = data;
    const marks: CallMarks = { begunAt: performance.now(), at: Date.now() };
    tell({ type: 'call_began', operation, connector });
    const span = tracing?.begin(CALL_SPAN, call, above);
    return {
      operation,
      data,
      correlationId: call.correlationId,
      trace: span ?? above,
      marks,
      end(result, code) {
        endCall(span, result, code);
        tell({
          type: 'call_ended',
          operation,
          connector,
          result,
          code,
          pools: code === 'NO_WORKERS_AVAILABLE' ? poolsAsked() : undefined,
          durationMs: performance.now() - marks.begunAt,
          marks,
          ids: idsOf(call),
          traceId: span?.traceId,
        });
      },
    };

    function poolsAsked() {
      return marks.sentAt === undefined ? poolsFor(config, operation, data) : [marks.sentTo];
    }
  };
}
