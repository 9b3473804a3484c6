/** One call on its way through the policies: made at the top, never changed, copied where something is added. */
import type { BridgeResponse, Operation, OperationRow, RouterData } from '@nats-bridge/protocol';

export type Exchange = {
  readonly operation: Operation;
  readonly row: OperationRow;
  readonly data: RouterData;
  /** One effect and one answer per key; undefined where every call is its own. */
  readonly key: string | undefined;
  readonly correlationId: string;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number;
  readonly signal?: AbortSignal;
  readonly traceparent?: string;
};

/** Carries an exchange to its reply, or throws a BridgeError that knows its phase. */
export type Send = (exchange: Exchange) => Promise<BridgeResponse>;

/** Something that happens around a call: one file each, composed in nats-bridge.ts. */
export type Policy = (next: Send) => Send;

/** The first policy is the outermost. */
export function compose(policies: readonly Policy[], send: Send): Send {
  return policies.reduceRight((next, policy) => policy(next), send);
}
