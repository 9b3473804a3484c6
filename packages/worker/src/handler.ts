/** What the author of a worker writes: a function per operation, from request to response. */
import { type BridgeRequest, type BridgeResponse, isOperation, type Operation } from '@nats-bridge/protocol';

/** The fields of a message that the contract names; it may have more, of which types cannot say anything. */
type Named<T> = { [Field in keyof T as string extends Field ? never : Field]: T[Field] };

/** A response without the correlation id, which the SDK sets. */
export type HandlerResponse = Omit<Named<BridgeResponse>, 'correlation_id'>;

export type HandlerContext = {
  readonly operation: Operation;
  /** 1 for the first delivery. Above 1 an earlier one may have had its effect: look before you charge. */
  readonly attempt: number;
  /**
   * Above attempt 1: since when an earlier one may have been at it, milliseconds since the epoch. It may be days ago,
   * and a processor keeps an idempotency key only so long.
   */
  readonly earlierAt?: number | undefined;
  /** Hand it to the processor: one key, one effect. */
  readonly idempotencyKey: string;
  /** Milliseconds since the epoch; nobody waits any longer after it. */
  readonly deadlineAt: number;
  readonly correlationId: string;
  readonly traceparent?: string;
  /**
   * Aborts at the deadline, when a worker that stops can wait no longer, and when another worker may have taken over
   * (this process stood still). Hand it to the call that moves money.
   */
  readonly signal: AbortSignal;
  /**
   * Makes a call of the processor, and counts its time: the console then shows the processor's part of the handler.
   * It changes nothing else; what the call gives or throws comes back.
   */
  readonly processor: <T>(call: () => T | Promise<T>) => Promise<T>;
};

/**
 * Carries one operation out. A decline is an answer (`status: 'failure'` with an `error`), not an exception.
 * What it throws counts as a crash: the request is delivered again, with a delay.
 */
export type Handler = (
  request: BridgeRequest,
  context: HandlerContext,
) => Promise<HandlerResponse> | HandlerResponse;

export type Handlers = { readonly [O in Operation]?: Handler };

/** The operations that they are for. @throws TypeError when there is none, or one is for no operation */
export function operationsOf(handlers: Handlers): readonly Operation[] {
  const names = Object.keys(handlers ?? {});
  const operations = names.filter(isOperation);
  if (operations.length === 0)
    throw new TypeError(
      'a worker needs at least one handler, under the name of an operation such as "authorize"',
    );
  const unknown = names.filter((name) => !isOperation(name));
  if (unknown.length > 0)
    throw new TypeError(`no operation is called ${unknown.join(', ')}; see docs/contract.md`);
  return operations;
}
