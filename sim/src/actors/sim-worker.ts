/** A worker of the SDK: its own handling of stored requests, fed by the simulated consumer. */
import {
  type BodyReferences,
  createRecordStore,
  createRecordWriter,
  DeliveredMessage,
} from '@nats-bridge/messaging';
import { defaultSubjectTemplate, guardedSubject, type Operation, RECORD_STREAM } from '@nats-bridge/protocol';
import type { Handlers, WorkerEvent } from '@nats-bridge/worker';
import {
  createHeartbeat,
  type HandleStoredOptions,
  handleStored,
  NO_SEALING,
  scopeOf,
} from '@nats-bridge/worker/simulation';
import type { Broker } from '../broker/broker.js';
import type { PullConsumer } from '../broker/pull-consumer.js';
import type { World } from '../world.js';
import { Actor } from './actor.js';
import { SimConnection } from './sim-connection.js';
import { SimMessage } from './sim-message.js';

/** Answers are small here: nothing travels by reference. */
const NO_BODIES = { isReference: () => false } as unknown as BodyReferences;
const CONCURRENCY = 8;

export class SimWorker {
  readonly actor: Actor;
  readonly connection: SimConnection;
  readonly handlers: Handlers;
  readonly #inHand = new Map<PullConsumer, number>();
  readonly #leave: (() => void)[] = [];

  constructor(
    readonly world: World,
    readonly broker: Broker,
    name: string,
    handlers: (actor: Actor) => Handlers,
    readonly ackWaitMs: number,
    version: string,
  ) {
    this.actor = new Actor(name);
    this.handlers = handlers(this.actor);
    this.connection = new SimConnection(world, broker, this.actor, version);
  }

  async start(
    operations: readonly Operation[],
    consumerOf: (operation: Operation) => PullConsumer,
  ): Promise<void> {
    const { connection, world, ackWaitMs } = this;
    const nats = await connection.get();
    const writer = createRecordWriter(connection);
    const records = createRecordStore(connection, { stream: RECORD_STREAM, writer });
    const leaseMs = async () => ackWaitMs;
    for (const operation of operations) {
      const options: HandleStoredOptions = {
        operation,
        scope: scopeOf(operation, defaultSubjectTemplate(operation)),
        handlers: this.handlers,
        way: { connection, bodies: NO_BODIES, sealing: NO_SEALING },
        guard: {
          records,
          now: Date.now,
          sleep: (ms) => new Promise((r) => setTimeout(r, ms)),
          worker: this.actor.name,
          leaseMs,
        },
        heartbeat: createHeartbeat(leaseMs),
        report: (event) => this.#report(event),
        stepBack: () => {},
        abandoned: new AbortController().signal,
      };
      this.#read(consumerOf(operation), options);
      nats.subscribe(guardedSubject(operation), { callback: (_, message) => void message.respond() });
    }
    world.trace(this.actor, () => 'starts');
  }

  crash(): void {
    this.actor.isAlive = false;
    this.connection.leave();
    for (const leave of this.#leave) leave();
  }

  #read(consumer: PullConsumer, options: HandleStoredOptions): void {
    const { broker, connection, world, actor } = this;
    const publish = connection.current?.publish.bind(connection.current) as never;
    /** Ordered by the worker and not settled yet, whether it has arrived or not. */
    const change = (by: number) => this.#inHand.set(consumer, (this.#inHand.get(consumer) ?? 0) + by);
    // Given back for another reason than these is given back to wait: that alone is not reported.
    const onNak = () => world.count('worker: wait');
    const order = () => world.scheduler.in(1, broker.actor, () => consumer.dispatch());
    const reader = {
      actor,
      hasRoom: () => !connection.link.isCut && (this.#inHand.get(consumer) ?? 0) < CONCURRENCY,
      take: (stored: { subject: string; data: Uint8Array; headerBytes?: Uint8Array }, reply: string) => {
        const wire = { subject: stored.subject, reply, headers: stored.headerBytes, data: stored.data };
        connection.link.carry(
          'down',
          actor,
          () => {
            change(1);
            void handleStored(new Delivery(new SimMessage(wire, publish), onNak), options).finally(() => {
              change(-1);
              order();
            });
          },
          { mayRepeat: true },
        );
      },
    };
    consumer.readers.add(reader);
    this.#leave.push(() => consumer.readers.delete(reader));
    connection.onState(order);
    order();
  }

  #report(event: WorkerEvent): void {
    if (event.type === 'handler_failed' || event.type === 'reply_failed')
      this.world.count('worker: wait', -1);
    this.world.count(`worker: ${event.type}`);
    this.world.trace(this.actor, () => {
      if (event.type === 'handler_failed' || event.type === 'reply_failed')
        return `${event.type}: ${event.error}`;
      return event.type;
    });
  }
}

class Delivery extends DeliveredMessage {
  constructor(
    message: SimMessage,
    readonly onNak: () => void,
  ) {
    super(message);
  }

  override nak(delayMs?: number): void {
    this.onNak();
    super.nak(delayMs);
  }
}
