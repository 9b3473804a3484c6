/** A UCS that can be called, whatever carries the call: bytes and metadata in, and an honest ending out. */
import type { UcsMethod } from '@nats-bridge/protocol';

export type UcsCall = {
  readonly method: UcsMethod;
  readonly metadata: Readonly<Record<string, string>>;
  /** The encoded request. */
  readonly request: Uint8Array;
  /** Milliseconds since the epoch; the target learns it, and nobody waits any longer after it. */
  readonly deadlineAt: number;
  /** Ends the wait. What was sent then is in doubt. */
  readonly signal: AbortSignal;
};

/** How a call ended. The difference that matters is whether money can have moved. */
export type UcsEnding =
  | { readonly kind: 'answered'; readonly response: Uint8Array }
  /** Nothing left this process. */
  | { readonly kind: 'not_sent'; readonly code: string; readonly message: string }
  /** The target understood, and did nothing. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** The processor's own refusal, which a UCS may say as a gRPC error with details. */
  | { readonly kind: 'connector_error'; readonly error: Uint8Array }
  /** It may have happened. */
  | { readonly kind: 'unknown'; readonly code: string; readonly message: string };

export type UcsTarget = {
  /** Never throws for what a target does or fails to do. */
  call(call: UcsCall): Promise<UcsEnding>;
  close(): void;
};
