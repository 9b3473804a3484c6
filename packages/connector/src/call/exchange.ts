/** One call on its way through the policies: made at the top, never changed, copied where something is added. */
import type { CancelSignal, WorkerPresence, WorkersFound } from '@nats-bridge/messaging';
import type { BridgeResponse, Operation, OperationRow, RouterData } from '@nats-bridge/protocol';
import type { TraceParent } from '@nats-bridge/tracing';
import type { PoolName } from './route.js';

/**
 * Made with every field there is: a copy that adds one behind a spread costs V8 a microsecond, one that replaces a
 * field a tenth of it (measured).
 */
export type Exchange = {
  readonly operation: Operation;
  readonly row: OperationRow;
  readonly data: RouterData;
  /** One effect and one answer per key; undefined where every call is its own. */
  readonly key: string | undefined;
  readonly correlationId: string;
  /** Milliseconds since the epoch: nobody waits any longer, and nobody may begin. */
  readonly deadlineAt: number;
  /** When this try ends, where that is before the deadline. */
  readonly waitUntil?: number | undefined;
  /** Whether a stream keeps the request, and so a record its answer. */
  readonly isDurable: boolean;
  /** Whose workers it goes to, once that was asked; undefined for those of no pool. */
  readonly pool: PoolName;
  /** Who would take it, known once that was asked. */
  readonly workers: WorkerPresence;
  /** The consumers of the stream at that time, where that was asked, and told before it was sent. */
  readonly consumers?: Awaited<WorkersFound['consumers']>;
  readonly signal?: CancelSignal;
  /** Why whoever called has no room for it. */
  readonly turnedAway?: string | undefined;
  /** Whether the ledger has no say in it: what a worker does not know stays unknown. */
  readonly isForWorkersAlone?: boolean | undefined;
  /** The span above, whether or not this bridge traces. */
  readonly trace?: TraceParent;
  /** Written on the way, shared by all copies. */
  readonly marks: CallMarks;
};

/** An operation and the connector that Hyperswitch chose for it. */
export type Route = { readonly operation: Operation; readonly connector: string };

/** When a call came how far, by `performance.now()`; of its first try. What it never came to is left out. */
export type CallMarks = {
  /** Handed to the connector. */
  readonly begunAt: number;
  /** The same in milliseconds since the epoch. */
  readonly at: number;
  /** Through the policies: its message is made. */
  sentAt?: number;
  /** Whose workers it was sent to, once it was; undefined for those of no pool. */
  sentTo?: PoolName;
  /** The stream has confirmed it. */
  storedAt?: number;
  /** The answer is there. */
  repliedAt?: number;
  /** It came from a worker that keeps no record. */
  isUnrecorded?: boolean;
};

/**
 * Whether workers may keep its record themselves: then only what they acknowledge leaves the stream, because a delivery
 * after the deadline is how they find out what became of it.
 */
export function mayBeGuarded({ workers }: Exchange): boolean {
  return workers === 'guarded' || workers === 'unclear';
}

/** Carries an exchange to its reply, or throws a BridgeError that knows its phase. */
export type Send = (exchange: Exchange) => Promise<BridgeResponse>;

/** Something that happens around a call: one file each, composed in send.ts. */
export type Policy = (next: Send) => Send;

/**
 * A policy that only looks at a call before it goes on.
 *
 * @param look gives the call as it goes on; what it throws is what the call ends with. A promise only where it has to
 *   wait for something: each costs every call three turns of the microtask queue
 */
export function admit(look: (exchange: Exchange) => Exchange | Promise<Exchange>): Policy {
  return (next) => (exchange) => {
    try {
      const admitted = look(exchange);
      return admitted instanceof Promise ? admitted.then(next) : next(admitted);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** The first policy is the outermost. */
export function compose(policies: readonly Policy[], send: Send): Send {
  return policies.reduceRight((next, policy) => policy(next), send);
}
