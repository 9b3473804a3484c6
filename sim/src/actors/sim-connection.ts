/** A connection of the product to the simulated broker: what nats.js would give, over a link that can be cut. */
import { type Connection, NotConnectedError } from '@nats-bridge/messaging';
import {
  type Msg,
  type NatsConnection,
  NoRespondersError,
  type Payload,
  type PublishOptions,
  RequestError,
  type RequestOptions,
  type SubscriptionOptions,
  TimeoutError,
} from '@nats-io/nats-core';
import { Features, parseSemVer } from '@nats-io/nats-core/internal';
import type { Broker, Subscription } from '../broker/broker.js';
import { NOTHING, type WireMessage } from '../broker/wire-message.js';
import type { World } from '../world.js';
import type { Actor } from './actor.js';
import { Link } from './link.js';
import { SimMessage } from './sim-message.js';

type State = Connection['state'];
type StateListener = Parameters<Connection['onState']>[0];

const encoder = new TextEncoder();

export class SimConnection implements Connection {
  readonly servers = ['sim:4222'];
  readonly inboxPrefix = undefined;
  readonly jetstreamOptions = { checkAPI: false };
  readonly link: Link;
  readonly #nats: NatsConnection;
  readonly #stateListeners = new Set<StateListener>();
  readonly #unsubscribes = new Set<() => void>();
  #requests = 0;

  constructor(
    readonly world: World,
    readonly broker: Broker,
    readonly actor: Actor,
    readonly version: string,
  ) {
    this.link = new Link(world);
    this.#nats = this.#asNats();
  }

  get state(): State {
    return this.link.isCut ? 'reconnecting' : 'connected';
  }

  get current(): NatsConnection | undefined {
    return this.link.isCut ? undefined : this.#nats;
  }

  async get(): Promise<NatsConnection> {
    return this.#nats;
  }

  async whenConnected({
    deadlineAt,
    signal,
  }: Parameters<Connection['whenConnected']>[0]): Promise<NatsConnection> {
    while (this.current === undefined) {
      if (signal?.aborted) throw signal.reason;
      const leftMs = deadlineAt - Date.now();
      if (leftMs <= 0)
        throw new NotConnectedError(this.servers, 'NATS did not come back before the deadline');
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          stop();
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, leftMs);
        const stop = this.onState(wake);
        signal?.addEventListener('abort', wake, { once: true });
      });
    }
    return this.#nats;
  }

  onState(listener: StateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  onServerError(): () => void {
    return () => {};
  }

  async rttMs(): Promise<number> {
    return 1;
  }

  async close(): Promise<void> {
    this.leave();
  }

  /** The link is lost, and the process notices at once. */
  cut(): void {
    if (this.link.isCut) return;
    this.link.cut();
    this.#tell('reconnecting', 'connected');
  }

  heal(): void {
    if (!this.link.isCut) return;
    this.link.mend();
    this.#tell('connected', 'reconnecting');
  }

  /** Its process has died: nothing of it is left at the broker. */
  leave(): void {
    this.link.cut();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
  }

  #tell(state: State, previous: State): void {
    this.world.scheduler.in(0, this.actor, () => {
      for (const listener of this.#stateListeners) listener({ state, previous });
    });
  }

  #publish(subject: string, data?: Payload, options?: PublishOptions & { reply?: string }): void {
    const { broker } = this;
    const headers = options?.headers as { encode(): Uint8Array } | undefined;
    const message: WireMessage = {
      subject,
      reply: options?.reply,
      headers: headers?.encode(),
      data: typeof data === 'string' ? encoder.encode(data) : (data ?? NOTHING),
    };
    this.link.carry('up', broker.actor, () => broker.receive(message), {
      mayRepeat: message.reply === undefined,
    });
  }

  #listen(pattern: string, handle: (message: Msg) => void): () => void {
    const publish = this.#publish.bind(this);
    const subscription: Subscription = {
      pattern,
      deliver: (wire) =>
        this.link.carry(
          'down',
          this.actor,
          () => {
            if (this.#unsubscribes.has(end)) handle(new SimMessage(wire, publish));
          },
          { mayRepeat: wire.subject.startsWith('hyperswitch.'), keepsOrder: wire.isOfBatch === true },
        ),
    };
    const unsubscribe = this.broker.subscribe(subscription);
    const end = () => {
      unsubscribe();
      this.#unsubscribes.delete(end);
    };
    this.#unsubscribes.add(end);
    return end;
  }

  #request(subject: string, data?: Payload, options?: RequestOptions): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const reply = `_R.${this.actor.name}.${++this.#requests}`;
      const timer = setTimeout(() => {
        end();
        reject(new TimeoutError());
      }, options?.timeout ?? 1_000);
      const end = this.#listen(reply, (message) => {
        end();
        clearTimeout(timer);
        if (message.headers?.code === 503)
          reject(new RequestError('no responders', { cause: new NoRespondersError(subject) }));
        else resolve(message);
      });
      this.#publish(subject, data, { headers: options?.headers, reply });
    });
  }

  #subscribe(pattern: string, options: SubscriptionOptions = {}) {
    const waiting: ((message: Msg | undefined) => void)[] = [];
    const end = this.#listen(pattern, (message) => {
      if (options.callback !== undefined) void options.callback(null, message);
      else for (const resolve of waiting.splice(0)) resolve(message);
    });
    const timeoutMs = options.timeout ?? 1_000;
    let isEnded = false;
    return {
      unsubscribe: () => {
        end();
        isEnded = true;
        for (const resolve of waiting.splice(0)) resolve(undefined);
      },
      isClosed: () => false,
      /** For the uses there are: the first message, or an error when none comes in time; nothing once it is ended. */
      async *[Symbol.asyncIterator]() {
        const message = await new Promise<Msg | undefined>((resolve) => {
          waiting.push(resolve);
          setTimeout(() => resolve(undefined), timeoutMs);
        });
        end();
        if (isEnded) return;
        if (message === undefined) throw new TimeoutError();
        yield message;
      },
    };
  }

  #asNats(): NatsConnection {
    return {
      info: { version: this.version, max_payload: 1_048_576 },
      options: { inboxPrefix: '_INBOX' },
      features: new Features(parseSemVer(this.version)),
      publish: this.#publish.bind(this),
      subscribe: this.#subscribe.bind(this),
      request: this.#request.bind(this),
      flush: async () => {},
      isClosed: () => false,
    } as unknown as NatsConnection;
  }
}
