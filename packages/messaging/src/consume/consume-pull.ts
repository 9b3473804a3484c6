/** Reads a durable pull consumer with bounded work in hand, through reconnects, until it is drained. */
import { type Consumer, type ConsumerMessages, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { Subscription } from '@nats-io/nats-core';
import { backoffMs } from '../connection/backoff.js';
import type { Connection } from '../connection/connection.js';

export type ConsumePullOptions = {
  readonly stream: string;
  readonly consumer: string;
  /** Messages handled at once; as many more are fetched ahead. */
  readonly maxInFlight: number;
  /** What it throws goes to `onError`; acknowledging is its own affair. */
  readonly onMessage: (message: JsMsg) => Promise<void>;
  /** Told of everything that does not stop the reading: a consumer that is not there yet, a lost connection. */
  readonly onError?: (error: unknown, consumer: string) => void;
};

export type PullReader = {
  readonly inFlight: number;
  /** Stops fetching, gives back what was not begun, and waits for what was. */
  drain(): Promise<void>;
};

export function consumePull(connection: Connection, options: ConsumePullOptions): PullReader {
  const running = new Set<Promise<void>>();
  let messages: ConsumerMessages | undefined;
  let draining = false;
  let wake: (() => void) | undefined;
  let onRoom: (() => void) | undefined;
  const finished = read();

  async function read(): Promise<void> {
    for (let attempt = 0; !draining; attempt++) {
      try {
        messages = await (await find()).consume({ max_messages: options.maxInFlight });
        // The drain began while there was nothing to stop yet.
        if (draining) messages.stop();
        for await (const message of messages) {
          attempt = 0;
          // Once draining, what is left in the buffer goes back at once, for others to take.
          if (draining) message.nak();
          else await take(message);
        }
      } catch (error) {
        if (!draining) options.onError?.(error, options.consumer);
      }
      if (!draining) await pause(backoffMs(attempt, { maxMs: 5_000 }));
    }
  }

  async function find(): Promise<Consumer> {
    const nats = await connection.get();
    return jetstream(nats).consumers.get(options.stream, options.consumer);
  }

  async function take(message: JsMsg): Promise<void> {
    const work = options
      .onMessage(message)
      .catch((error: unknown) => options.onError?.(error, options.consumer))
      .finally(() => {
        running.delete(work);
        onRoom?.();
      });
    running.add(work);
    if (running.size >= options.maxInFlight) await room();
  }

  /** Resolves when one of the running handlers is done. */
  function room(): Promise<void> {
    return new Promise((resolve) => {
      onRoom = () => {
        onRoom = undefined;
        resolve();
      };
    });
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    get inFlight() {
      return running.size;
    },
    async drain() {
      draining = true;
      wake?.();
      await drainSubscription(messages);
      messages?.stop();
      await finished;
      await Promise.all(running);
    },
  };
}

/**
 * `stop` unsubscribes at once, and what the server has sent by then is dropped and comes back only after the ack
 * wait. Draining its subscription first lets that arrive, to be given back. nats.js has no public way to it.
 */
async function drainSubscription(messages: ConsumerMessages | undefined): Promise<void> {
  const { sub } = (messages ?? {}) as { readonly sub?: Subscription };
  if (sub !== undefined && !sub.isClosed()) await sub.drain();
}
