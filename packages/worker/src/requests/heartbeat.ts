/** Says "still at work" for every request in hand, often enough that none of them is delivered a second time. */
import { type Connection, type DeliveredMessage, managerOf } from '@nats-bridge/messaging';
import { PassingMap } from '@nats-bridge/protocol';

export type InHand = {
  /** Also called at every beat, from now on. */
  onBeat(listener: () => void): void;
  end(): void;
};

export type Heartbeat = {
  begin(message: DeliveredMessage): InHand;
  /** Nothing is kept alive any longer: what is still in hand will be delivered again, to somebody else. */
  stop(): void;
};

/** How long the server waits for an acknowledgement before it delivers again, in milliseconds. */
export type AckWaitMs = () => Promise<number>;

/** One timer for all, because most requests are answered long before it fires. */
export function createHeartbeat(ackWaitMs: AckWaitMs): Heartbeat {
  const inHand = new PassingMap<DeliveredMessage, (() => void) | undefined>();
  let isBeating = false;
  let timer: NodeJS.Timeout | undefined;

  async function beat(): Promise<void> {
    const intervalMs = (await ackWaitMs()) / 3;
    timer = setTimeout(() => {
      isBeating = inHand.size > 0;
      if (!isBeating) return;
      for (const [message, listener] of inHand) {
        sayWorking(message);
        listener?.();
      }
      void beat();
    }, intervalMs).unref();
  }

  return {
    begin(message) {
      inHand.set(message, undefined);
      if (!isBeating) {
        isBeating = true;
        void beat();
      }
      return {
        onBeat: (listener) => void inHand.set(message, listener),
        end: () => void inHand.delete(message),
      };
    },
    stop() {
      inHand.clear();
      clearTimeout(timer);
    },
  };
}

/** A connection that was closed has nobody to tell; the server delivers again by itself. */
function sayWorking(message: DeliveredMessage): void {
  try {
    message.working();
  } catch {
    // The answer will fail the same way, and is reported there.
  }
}

const UNKNOWN_ACK_WAIT_MS = 3_000;
/** A bridge that starts with another configuration changes its consumers under running workers. */
const ASK_AGAIN_AFTER_MS = 60_000;

/**
 * The ack wait of a consumer, as the consumer itself has it: told twice, it would be told differently one day, and
 * a worker that takes it for longer than it is executes slow payments twice.
 *
 * @param atMost takes part where it is shorter
 */
export function ackWaitOf(
  connection: Connection,
  { stream, consumer }: { readonly stream: string; readonly consumer: string },
  atMost = Number.POSITIVE_INFINITY,
): AckWaitMs {
  let known: number | undefined;
  let asking: Promise<number> | undefined;
  let askedAt = 0;

  async function configured(): Promise<number> {
    const manager = await managerOf(connection);
    const { config } = await manager.consumers.info(stream, consumer);
    return Math.min(atMost, Number(config.ack_wait) / 1_000_000);
  }

  /** While it cannot be asked, what it said last holds; one that was never asked is taken to be short. */
  function ask(): Promise<number> {
    askedAt = performance.now();
    asking ??= configured()
      .then(
        (ackWaitMs) => (known = ackWaitMs),
        () => known ?? Math.min(atMost, UNKNOWN_ACK_WAIT_MS),
      )
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  return async () => {
    if (known === undefined) return ask();
    // Nobody waits: a payment would, for as long as a server that is away keeps silent.
    if (performance.now() - askedAt > ASK_AGAIN_AFTER_MS) void ask();
    return known;
  };
}
