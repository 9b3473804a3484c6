/** A bridge: the product's own NatsBridge and its watch of doubts, in a process that can die. */
import { type BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';
import { createWithdrawUnsent, watchDoubts } from '@nats-bridge/connector/simulation';
import { createRecordWriter } from '@nats-bridge/messaging';
import type { Broker } from '../broker/broker.js';
import type { World } from '../world.js';
import { Actor } from './actor.js';
import { SimConnection } from './sim-connection.js';

const LOOK_EVERY_MS = 5_000;

export class SimBridge {
  readonly actor: Actor;
  readonly connection: SimConnection;
  readonly bridge: NatsBridge;

  constructor(
    world: World,
    broker: Broker,
    name: string,
    config: BridgeConfigInput,
    options: { readonly version: string; readonly looksAtStreams: boolean },
  ) {
    this.actor = new Actor(name);
    this.connection = new SimConnection(world, broker, this.actor, options.version);
    const { scheduler } = world;
    const before = scheduler.current;
    scheduler.current = this.actor; // its timers are its own
    this.bridge = new NatsBridge(
      { ...config, connection_name: name },
      {
        connection: this.connection,
        onEvent: (event) => {
          world.count(`bridge: ${event.type}`);
          world.trace(this.actor, () =>
            event.type === 'error' ? `error: ${event.error.message} (${event.error.cause})` : event.type,
          );
        },
      },
    );
    this.#watchDoubts(world);
    // Streams are there already, and to look at all of them takes longer than the rest of a seed: few bridges do.
    if (!options.looksAtStreams) this.bridge.prepare = async () => {};
    scheduler.current = before;
  }

  /** As in a gateway, less often. The server's notices, which a gateway makes letters of, are judged as they are. */
  #watchDoubts(world: World): void {
    const { config, ledger } = this.bridge;
    const { connection, actor } = this;
    const writer = createRecordWriter(connection);
    const withdrawUnsent = createWithdrawUnsent(connection, config, ledger);
    watchDoubts(
      { config, connection, ledger, writer, withdrawUnsent },
      {
        everyMs: LOOK_EVERY_MS,
        onLetter({ idempotencyKey }) {
          world.count('bridge: a doubt is left to a person');
          world.trace(actor, () => `leaves ${idempotencyKey} to a person`);
        },
        onError: (error) => world.trace(actor, () => `cannot look for doubts: ${error.message}`),
      },
    );
  }

  /** Everything in its memory is gone. */
  crash(): void {
    this.actor.isAlive = false;
    this.connection.leave();
  }
}
