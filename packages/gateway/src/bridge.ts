/** What the doors need of the connector. */
import type { Operation, Outcome, RouterData } from '@nats-bridge/protocol';

export type ExecuteOptions = {
  /** Milliseconds since the epoch after which the caller no longer waits. */
  readonly deadlineAt?: number;
  /** Aborted when the caller has gone. */
  readonly signal?: AbortSignal;
  readonly traceparent?: string;
};

export type BridgeHealth = { readonly connected: boolean; readonly detail: string };

/** The part of `NatsBridge` that a door calls. */
export type PaymentBridge = {
  /**
   * Never rejects for trouble of transport or worker: that is an outcome.
   *
   * @throws ValidationError before anything was sent.
   */
  execute(operation: Operation, data: RouterData, options?: ExecuteOptions): Promise<Outcome>;
  health(): Promise<BridgeHealth>;
};
