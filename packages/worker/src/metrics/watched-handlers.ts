/** Handlers that tell when they run: how many at once, how long, and how it ended. */
import type { BridgeResponse, Operation } from '@nats-bridge/protocol';
import type { Handler, Handlers } from '../handler.js';

export type HandlerRun = {
  readonly operation: Operation;
  /** Above 1 for a request that was delivered before. */
  readonly attempt: number;
  /** What it answered; `error` when it threw. */
  readonly result: BridgeResponse['status'] | 'error';
  readonly durationMs: number;
};

const STATUSES: readonly unknown[] = ['success', 'failure', 'processing'];

function isStatus(status: unknown): status is BridgeResponse['status'] {
  return STATUSES.includes(status);
}

export type WatchedHandlers = {
  readonly handlers: Handlers;
  /** Runs of an operation's handler that have not ended. */
  inFlight(operation: Operation): number;
};

export function watchHandlers(handlers: Handlers, onRun: (run: HandlerRun) => void): WatchedHandlers {
  const inFlight = new Map<Operation, number>();

  function watched(operation: Operation, handler: Handler): Handler {
    return async (request, context) => {
      const begunAt = performance.now();
      let result: HandlerRun['result'] = 'error';
      inFlight.set(operation, (inFlight.get(operation) ?? 0) + 1);
      try {
        const response = await handler(request, context);
        if (isStatus(response.status)) result = response.status; // what is none is refused further on
        return response;
      } finally {
        inFlight.set(operation, (inFlight.get(operation) ?? 1) - 1);
        onRun({ operation, attempt: context.attempt, result, durationMs: performance.now() - begunAt });
      }
    };
  }

  const entries = Object.entries(handlers) as [Operation, Handler | undefined][];
  return {
    handlers: Object.fromEntries(
      entries.flatMap(([operation, handler]) =>
        handler === undefined ? [] : [[operation, watched(operation, handler)]],
      ),
    ),
    inFlight: (operation) => inFlight.get(operation) ?? 0,
  };
}
