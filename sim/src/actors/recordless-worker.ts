/**
 * A worker that keeps no record, as in the README and the specification: reads the same consumers as those that do,
 * runs what it is given without looking, and replies. What is not its own code (its answer, its deadline) is as little
 * as docs/contract.md asks for.
 */
import { aliveSubject, HEADER, type Operation } from '@nats-bridge/protocol';
import type { HandlerResponse } from '@nats-bridge/worker';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import type { Broker } from '../broker/broker.js';
import type { PullConsumer, Reader } from '../broker/pull-consumer.js';
import type { Stored } from '../broker/stream.js';
import type { World } from '../world.js';
import { Actor } from './actor.js';
import type { Given } from './processor.js';
import { SimConnection } from './sim-connection.js';
import { SimMessage } from './sim-message.js';

/**
 * `respond`: on the acknowledgement subject, as the specification's examples do, which look at no deadline either.
 * `publish`: to `X-Reply-To`, and acknowledges once the stream has it, as those of the README do.
 */
type ReplyWay = 'respond' | 'publish';
/** Where its reply says which request it answers. Without either, the place in the stream says it. */
type NamesIn = 'body' | 'header' | 'neither';

/** As a delivery is given to a handler. */
export type RecordlessRequest = {
  readonly operation: Operation;
  readonly key: string;
  /** On whose behalf. */
  readonly callId: string;
  readonly amount: unknown;
  readonly given: Given;
};
export type RecordlessHandler = (request: RecordlessRequest) => Promise<HandlerResponse>;

type Body = {
  readonly correlation_id: string;
  readonly router_data: { readonly profile_id?: string; readonly request: { readonly amount?: unknown } };
};

const NAK_MS = 1_000;
const PUBLISH_TIMEOUT_MS = 5_000;

export class RecordlessWorker {
  readonly actor: Actor;
  readonly connection: SimConnection;
  readonly bornAt: number;
  goneAt: number | undefined;
  readonly #handle: RecordlessHandler;
  readonly #way: ReplyWay;
  readonly #namesIn: NamesIn;
  /** What it takes at a time, and runs one after the other: the rest lies in its memory. */
  readonly #takes: number;
  readonly #leave: (() => void)[] = [];

  constructor(
    readonly world: World,
    broker: Broker,
    name: string,
    handler: (actor: Actor) => RecordlessHandler,
    version: string,
  ) {
    const { random, scheduler } = world;
    this.actor = new Actor(name);
    this.connection = new SimConnection(world, broker, this.actor, version);
    this.bornAt = scheduler.now;
    this.#handle = handler(this.actor);
    this.#way = random.pick(['respond', 'publish']);
    this.#namesIn = random.pick(['body', 'header', 'neither']);
    this.#takes = random.pick([1, 1, 4]);
  }

  async start(
    operations: readonly Operation[],
    consumerOf: (operation: Operation) => PullConsumer,
  ): Promise<void> {
    const nats = await this.connection.get();
    for (const operation of operations) {
      this.#read(nats, operation, consumerOf(operation));
      nats.subscribe(aliveSubject(operation), { callback: (_, message) => void message.respond() });
    }
    this.world.trace(this.actor, () => `starts, keeps no records, replies by ${this.#way}`);
  }

  crash(): void {
    this.actor.isAlive = false;
    this.goneAt = this.world.scheduler.now;
    this.connection.leave();
    for (const leave of this.#leave) leave();
  }

  #read(nats: NatsConnection, operation: Operation, consumer: PullConsumer): void {
    const { connection, world, actor } = this;
    const { scheduler } = world;
    let inHand = 0;
    let before = Promise.resolve();
    const order = () => scheduler.in(1, consumer.broker, () => consumer.dispatch());
    const reader: Reader = {
      actor,
      hasRoom: () => !connection.link.isCut && inHand < this.#takes,
      take: ({ seq, subject, headerBytes, data }: Stored, reply: string) => {
        const given = { seq, at: scheduler.now, worker: this };
        connection.link.carry('down', actor, () => {
          inHand++;
          const message = new SimMessage(
            { subject, reply, headers: headerBytes, data },
            nats.publish.bind(nats) as never,
          );
          before = before
            .then(() => this.#run(nats, operation, message, given))
            .finally(() => {
              inHand--;
              order();
            });
        });
      },
    };
    consumer.readers.add(reader);
    this.#leave.push(() => consumer.readers.delete(reader));
    connection.onState(order);
    order();
  }

  async #run(nats: NatsConnection, operation: Operation, message: SimMessage, given: Given): Promise<void> {
    const { world, actor } = this;
    const header = (name: string) => message.headers?.get(name) ?? '';
    if (this.#way === 'publish' && Number(header(HEADER.deadline)) <= Date.now()) {
      world.count('worker without records: too late');
      message.respond('+ACK');
      return;
    }
    const { router_data, correlation_id } = message.json<Body>();
    try {
      const response = await this.#handle({
        operation,
        key: header(HEADER.idempotencyKey),
        callId: router_data.profile_id ?? '',
        amount: router_data.request.amount,
        given,
      });
      await this.#reply(nats, message, response, correlation_id);
      world.count(`worker without records: replies by ${this.#way}`);
    } catch (error) {
      world.count('worker without records: fails');
      world.trace(actor, () => `fails: ${error}`);
      if (this.#way === 'publish') message.respond(`-NAK {"delay": ${NAK_MS * 1_000_000}}`);
    }
  }

  /** @throws when the stream does not confirm what is published */
  async #reply(
    nats: NatsConnection,
    message: SimMessage,
    response: HandlerResponse,
    correlationId: string,
  ): Promise<void> {
    const namesIn = this.#way === 'publish' && this.#namesIn === 'neither' ? 'body' : this.#namesIn;
    const body = JSON.stringify({
      ...response,
      ...(namesIn === 'body' && { correlation_id: correlationId }),
    });
    const named = headers();
    if (namesIn === 'header' || this.#way === 'publish') named.set(HEADER.correlationId, correlationId);
    if (this.#way === 'respond') {
      message.respond(body, { headers: named });
      return;
    }
    const options = { headers: named, timeout: PUBLISH_TIMEOUT_MS };
    const ack = await nats.request(message.headers?.get(HEADER.replyTo) ?? '', body, options);
    const { error } = ack.json<{ readonly error?: { readonly description: string } }>();
    if (error !== undefined) throw new Error(error.description);
    message.respond('+ACK');
  }
}
