/** Says that the caller of a gRPC call has given up, in the shape of an AbortSignal. */
import type { EventEmitter } from 'node:events';
import type { CancelSignal } from '@nats-bridge/connector';

/** A call as grpc-js hands it over: it emits `cancelled` once. */
type Cancellable = Pick<EventEmitter, 'once' | 'off'> & { readonly cancelled: boolean };

export class CallerSignal implements CancelSignal {
  readonly reason = 'the caller gave up';

  constructor(readonly call: Cancellable) {}

  get aborted(): boolean {
    return this.call.cancelled;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.call.once('cancelled', listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.call.off('cancelled', listener);
  }
}
