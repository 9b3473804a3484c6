/** An inbox for which messages of a pull consumer are ordered, one order after the other (NATS ADR-13). */
import { createInbox, type Msg, type NatsConnection, nanos } from '@nats-io/nats-core';
import { apiSubject } from '../connection/api-subject.js';
import type { Connection } from '../connection/connection.js';
import { OrderEndedError } from '../errors.js';
import { DeliveredMessage } from './delivered-message.js';

export type OrderInboxOptions = {
  readonly stream: string;
  readonly consumer: string;
  /** How long an order stays open, in milliseconds. */
  readonly expiresMs: number;
  /** Where the consumer knows priorities. */
  readonly priority?: { readonly group: string; readonly priority: number };
  readonly onMessage: (message: DeliveredMessage) => void;
};

/**
 * The server shows this often that it remembers an order, and one that misses two is ended: a consumer's new leader
 * knows nothing of what the dead one had been asked.
 */
const IDLE_HEARTBEAT_MS = 1_000;
const HEARTBEAT = 100;
const EXPIRED = 408;

export class OrderInbox {
  readonly #nats: NatsConnection;
  readonly #options: OrderInboxOptions;
  readonly #request: string;
  readonly #subject: string;
  readonly #subscription;
  #missing = 0;
  #heardAt = 0;
  #watch: NodeJS.Timeout | undefined;
  #end: ((error?: Error) => void) | undefined;

  constructor(connection: Connection, nats: NatsConnection, options: OrderInboxOptions) {
    this.#nats = nats;
    this.#options = options;
    this.#request = apiSubject(connection, `CONSUMER.MSG.NEXT.${options.stream}.${options.consumer}`);
    this.#subject = createInbox(connection.inboxPrefix);
    this.#subscription = nats.subscribe(this.#subject, {
      callback: (error, message) => (error ? this.#fail(error) : this.#read(message)),
    });
  }

  /** Messages that are on order and have not come. */
  get missing(): number {
    return this.#missing;
  }

  get isClosed(): boolean {
    return this.#subscription.isClosed();
  }

  /** False also while it is drained: nothing that is ordered from then on would come. */
  get takesOrders(): boolean {
    return !this.isClosed && !this.#subscription.isDraining();
  }

  /**
   * Orders so many messages; one order at a time. Resolves when all have come, or nothing more comes: it expired, or
   * the inbox was closed.
   *
   * @throws OrderEndedError or the client's own, after which the inbox is closed
   */
  order(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#missing = count;
      this.#heardAt = performance.now();
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
      this.#watch ??= setInterval(() => this.#lookForLife(), IDLE_HEARTBEAT_MS).unref();
      const question = {
        batch: count,
        expires: nanos(this.#options.expiresMs),
        idle_heartbeat: nanos(IDLE_HEARTBEAT_MS),
        ...this.#options.priority,
      };
      try {
        this.#nats.publish(this.#request, JSON.stringify(question), { reply: this.#subject });
      } catch (error) {
        this.#fail(error as Error);
      }
    });
  }

  /** What the server has sent by now still comes; then it is closed. */
  async drain(): Promise<void> {
    if (!this.isClosed) await this.#subscription.drain();
    this.close();
  }

  /** What is on its way is dropped, and comes again after the ack wait. */
  close(): void {
    clearInterval(this.#watch);
    if (!this.isClosed) this.#subscription.unsubscribe();
    this.#ended();
  }

  #read(message: Msg): void {
    this.#heardAt = performance.now();
    if (message.subject === this.#subject) {
      this.#readStatus(message);
      return;
    }
    if (this.#missing > 0 && --this.#missing === 0) this.#ended();
    this.#options.onMessage(new DeliveredMessage(message));
  }

  #readStatus({ headers }: Msg): void {
    const code = headers?.code ?? 0;
    if (code === HEARTBEAT) return;
    if (code === EXPIRED) this.#ended();
    else this.#fail(new OrderEndedError(this.#options.consumer, `${headers?.description} (${code})`));
  }

  #lookForLife(): void {
    if (!this.#isSilent) return;
    // After a standstill of this process the timer comes before what has arrived meanwhile.
    setImmediate(() => {
      if (this.#isSilent)
        this.#fail(new OrderEndedError(this.#options.consumer, 'the server does not answer'));
    });
  }

  get #isSilent(): boolean {
    return this.#end !== undefined && performance.now() - this.#heardAt >= 2 * IDLE_HEARTBEAT_MS;
  }

  #fail(error: Error): void {
    this.#ended(error);
    this.close();
  }

  #ended(error?: Error): void {
    const end = this.#end;
    this.#end = undefined;
    this.#missing = 0;
    end?.(error);
  }
}
