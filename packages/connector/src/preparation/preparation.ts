/** Streams and consumers are made ready once, by the first who needs them; where that fails, the next one tries again. */
import { type Connection, MessagingError, TopologyError, watchOverlaps } from '@nats-bridge/messaging';
import { BridgeError } from '@nats-bridge/protocol';
import type { Report } from '../bridge-event.js';
import type { BridgeConfig } from '../config/bridge-config.js';
import { requireDurability } from './durability.js';
import { makeStreams } from './make-streams.js';

export type Preparation = {
  /**
   * Connects, and makes streams and consumers if they are missing; those who ask meanwhile share it. Without JetStream
   * there is nothing to prepare.
   *
   * @throws DurabilityUnmetError, RestoreUnfinishedError, StandbyError where people have to act first;
   *   NotConnectedError when no server answers; another BridgeError otherwise
   */
  prepare(): Promise<void>;
  /** Why the last try failed; undefined before the first, and after one that did not. */
  readonly failure: Error | undefined;
  /** Ends the watch for consumers that overlap, which begins with the streams. */
  close(): void;
};

export type PreparationWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly report: Report;
  /** The streams are there. */
  readonly onReady: () => void;
};

export function createPreparation({ config, connection, report, onReady }: PreparationWorld): Preparation {
  let ready: Promise<void> | undefined;
  let failure: Error | undefined;
  let stopWatching: (() => void) | undefined;
  let isClosed = false;

  async function makeReady(): Promise<void> {
    const conflicts = await makeStreams(connection, config);
    if (isClosed) throw new BridgeError('SHUTTING_DOWN');
    stopWatching ??= watchOverlaps(connection, {
      stream: config.jetstream.stream_name,
      onOverlap: (overlap) => report({ type: 'overlapping_consumers', overlap }),
    });
    await requireDurability(connection, config);
    for (const conflict of conflicts) report({ type: 'topology_conflict', conflict });
    onReady();
  }

  async function tryNow(): Promise<void> {
    try {
      await makeReady();
      failure = undefined;
    } catch (cause) {
      ready = undefined; // the next call tries again
      failure = prepareErrorOf(cause);
      throw failure;
    }
  }

  return {
    async prepare() {
      if (!config.jetstream_enabled) return;
      ready ??= tryNow();
      await ready;
    },
    get failure() {
      return failure;
    },
    close() {
      isClosed = true;
      stopWatching?.();
    },
  };
}

function prepareErrorOf(cause: unknown): Error {
  if (cause instanceof MessagingError || cause instanceof BridgeError) return cause;
  // It says what to do itself.
  if (cause instanceof TopologyError) return new BridgeError('STORE_REFUSED', cause.message, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Streams could not be made ready: ${why}. Is JetStream enabled, and may the bridge use it?`;
  return new BridgeError('STORE_REFUSED', message, { cause });
}
