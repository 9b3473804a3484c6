/** The bounded wait for a connection that is down: so many may wait, so long, and may give up. */
import type { NatsConnection } from '@nats-io/nats-core';
import { ConnectionClosedError, NotConnectedError, OverloadedError } from '../errors.js';
import { backoffMs } from './backoff.js';
import type { CancelSignal } from './cancel-signal.js';
import type { ConnectionState, StateListener } from './connection-state.js';

export type WaitOptions = {
  /** Epoch milliseconds. */
  readonly deadlineAt: number;
  readonly signal?: CancelSignal;
};

/** What the wait needs to know of the connection. */
export type Awaited = {
  readonly dial: () => Promise<NatsConnection>;
  readonly current: () => NatsConnection | undefined;
  readonly state: () => ConnectionState;
  readonly onState: (listener: StateListener) => () => void;
  readonly servers: readonly string[];
};

/** Makes the function that waits, of which at most `limit` calls may wait at once. */
export function boundedWait(
  connection: Awaited,
  limit: number,
): (wait: WaitOptions) => Promise<NatsConnection> {
  let waiting = 0;
  return async (wait) => {
    const ready = connection.current();
    if (ready !== undefined) return ready;
    if (waiting >= limit) throw new OverloadedError('too many operations wait for NATS to come back', limit);
    waiting++;
    try {
      return await untilConnected(connection, wait);
    } finally {
      waiting--;
    }
  };
}

async function untilConnected(connection: Awaited, wait: WaitOptions): Promise<NatsConnection> {
  let failure: unknown;
  for (let attempt = 0; ; ) {
    if (wait.signal?.aborted) throw wait.signal.reason;
    const ready = connection.current();
    if (ready !== undefined) return ready;
    const state = connection.state();
    if (state === 'draining' || state === 'closed') throw new ConnectionClosedError();
    const leftMs = wait.deadlineAt - Date.now();
    if (leftMs <= 0) {
      throw new NotConnectedError(connection.servers, 'NATS did not come back before the deadline', {
        cause: failure,
      });
    }
    // Its success and its failure are changes of state, and so wake the wait below.
    connection.dial().catch((error: unknown) => {
      failure = error;
    });
    await nextChange(connection.onState, leftMs, wait.signal);
    if (connection.state() === 'idle') {
      const pauseMs = Math.min(backoffMs(attempt++), wait.deadlineAt - Date.now());
      await nextChange(connection.onState, pauseMs, wait.signal);
    }
  }
}

/** Resolves at the next change of state, after the pause, or when the signal aborts. */
function nextChange(
  onState: Awaited['onState'],
  pauseMs: number,
  signal: CancelSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      unsubscribe();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    const unsubscribe = onState(done);
    signal?.addEventListener('abort', done, { once: true });
    if (signal?.aborted) done();
  });
}
