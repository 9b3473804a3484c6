/** A durable pull consumer: who gets a request, when it comes again, and when it is given up. */

import type { Actor } from '../actors/actor.js';
import type { Event } from '../time/scheduler.js';
import type { World } from '../world.js';
import { matches } from './matches.js';
import type { Stored, Stream } from './stream.js';

export type ConsumerConfig = {
  readonly durable_name: string;
  readonly filter_subject?: string;
  /** Nanoseconds. */
  readonly ack_wait?: number;
  readonly max_deliver?: number;
};

/** Somebody with an open pull request. */
export type Reader = {
  readonly actor: Actor;
  hasRoom(): boolean;
  take(message: Stored, ackSubject: string): void;
};

export type Notice = {
  readonly kind: 'MAX_DELIVERIES' | 'MSG_TERMINATED';
  readonly seq: number;
  readonly deliveries: number;
};

/** To whom, and when; true time. */
export type Delivered = { readonly seq: number; readonly to: string; readonly at: number };

type InHand = { deliveries: number; redelivery: Event };

export class PullConsumer {
  readonly readers = new Set<Reader>();
  /** All that it ever handed out, in order. */
  readonly deliveries: Delivered[] = [];
  readonly #inHand = new Map<number, InHand>();
  readonly #again: number[] = [];
  #cursor = 0;

  constructor(
    readonly world: World,
    readonly broker: Actor,
    readonly stream: Stream,
    readonly config: ConsumerConfig,
    readonly onNotice: (notice: Notice) => void,
  ) {}

  get isIdle(): boolean {
    return this.#inHand.size === 0 && this.numPending === 0;
  }

  get numPending(): number {
    let pending = 0;
    for (const message of this.stream.messages.values()) if (this.#isNew(message)) pending++;
    return pending;
  }

  get info(): object {
    const { config, stream } = this;
    const lowest = Math.min(...this.#inHand.keys());
    return {
      stream_name: stream.config.name,
      name: config.durable_name,
      config,
      delivered: { consumer_seq: this.deliveries.length, stream_seq: this.#cursor },
      ack_floor: { consumer_seq: 0, stream_seq: Number.isFinite(lowest) ? lowest - 1 : this.#cursor },
      num_pending: this.numPending,
      num_ack_pending: this.#inHand.size,
      num_waiting: [...this.readers].filter(({ actor }) => actor.isAlive).length,
      num_redelivered: 0,
    };
  }

  /** Hands out what can be handed out. */
  dispatch(): void {
    for (;;) {
      const readers = [...this.readers].filter((reader) => reader.actor.isAlive && reader.hasRoom());
      if (readers.length === 0) return;
      const message = this.#takeNext();
      if (message === undefined) return;
      this.#deliver(message, this.world.random.pick(readers));
    }
  }

  acknowledge(seq: number, payload: string): void {
    const inHand = this.#inHand.get(seq);
    if (inHand === undefined) return;
    if (payload.startsWith('-NAK')) {
      this.world.count('broker: nak');
      const delay = payload.length > 4 ? Number(JSON.parse(payload.slice(4)).delay) / 1_000_000 : 0;
      this.#redeliverIn(seq, inHand, delay);
    } else if (payload.startsWith('+WPI')) {
      this.#redeliverIn(seq, inHand, this.#ackWaitMs);
    } else if (payload.startsWith('+TERM')) {
      this.#notice('MSG_TERMINATED', seq, inHand.deliveries);
      this.forget(seq);
    } else if (payload === '+ACK' || payload === '') {
      this.forget(seq);
    } // A server ignores anything else, such as a reply.
  }

  /** It has left the stream, or is done with. */
  forget(seq: number): void {
    const inHand = this.#inHand.get(seq);
    if (inHand !== undefined) inHand.redelivery.isCancelled = true;
    this.#inHand.delete(seq);
  }

  get #ackWaitMs(): number {
    return (this.config.ack_wait ?? 30_000_000_000) / 1_000_000;
  }

  #isNew({ seq, subject }: Stored): boolean {
    return seq > this.#cursor && matches(this.config.filter_subject ?? '>', subject);
  }

  #takeNext(): Stored | undefined {
    while (this.#again.length > 0) {
      const message = this.stream.messages.get(this.#again.shift() ?? 0);
      if (message !== undefined && this.#inHand.has(message.seq)) return message;
    }
    for (const message of this.stream.messages.values()) if (this.#isNew(message)) return message;
    return undefined;
  }

  #deliver(message: Stored, reader: Reader): void {
    const { seq, at } = message;
    this.#cursor = Math.max(this.#cursor, seq);
    const before = this.#inHand.get(seq);
    const inHand: InHand = before ?? { deliveries: 0, redelivery: this.#timer(seq, 0) };
    inHand.deliveries++;
    this.#inHand.set(seq, inHand);
    this.#redeliverIn(seq, inHand, this.#ackWaitMs);
    if (inHand.deliveries > 1) this.world.count('broker: redelivery');
    const { name } = this.stream.config;
    this.deliveries.push({ seq, to: reader.actor.name, at: this.world.scheduler.now });
    const place = `${inHand.deliveries}.${seq}.${this.deliveries.length}.${Math.floor(at)}000000.0`;
    this.world.trace(this.broker, () => `delivers #${seq} to ${reader.actor.name}, ${inHand.deliveries}.`);
    reader.take(message, `$JS.ACK.${name}.${this.config.durable_name}.${place}`);
  }

  #redeliverIn(seq: number, inHand: InHand, ms: number): void {
    inHand.redelivery.isCancelled = true;
    inHand.redelivery = this.#timer(seq, ms);
  }

  #timer(seq: number, ms: number): Event {
    return this.world.scheduler.in(ms, this.broker, () => this.#due(seq));
  }

  #due(seq: number): void {
    const inHand = this.#inHand.get(seq);
    if (inHand === undefined) return;
    const most = this.config.max_deliver ?? -1;
    if (most > 0 && inHand.deliveries >= most) {
      this.#notice('MAX_DELIVERIES', seq, inHand.deliveries);
      this.forget(seq);
      return;
    }
    this.#again.push(seq);
    this.dispatch();
  }

  #notice(kind: Notice['kind'], seq: number, deliveries: number): void {
    this.world.count(`broker: ${kind}`);
    this.world.trace(this.broker, () => `gives up #${seq}: ${kind}`);
    this.onNotice({ kind, seq, deliveries });
  }
}
