/** A NATS server with JetStream, as far as the product can tell: routes messages, keeps streams, answers its API. */
import { Actor } from '../actors/actor.js';
import type { World } from '../world.js';
import { type ApiAnswer, answerApi } from './js-api.js';
import { matches } from './matches.js';
import { type ConsumerConfig, type Notice, PullConsumer } from './pull-consumer.js';
import { type Stored, type StoreResult, Stream, type StreamConfig } from './stream.js';
import { NOTHING, parseWireHeaders, type WireMessage, wireHeaders } from './wire-message.js';

export type Subscription = {
  readonly pattern: string;
  /** Sends it on its way to the subscriber. @returns false when it is lost there */
  deliver(message: WireMessage): boolean;
};

/** In milliseconds. */
export type BrokerLag = {
  /** Of the archive behind the stream of requests. */
  readonly archiveMs: number;
  /** How long a message takes to the replicas, at most; 0 for a server alone. */
  readonly replicasMs: number;
};

const OPENING_BRACE = 0x7b;
const WORK_STREAM = 'PAYMENTS';
/** Of a record that is there; the other refusals are of one that will be. */
const WRONG_LAST_SEQUENCE = 10071;

export class Broker {
  readonly actor = new Actor('broker');
  readonly streams = new Map<string, Stream>();
  /** By stream and name. */
  readonly consumers = new Map<string, PullConsumer>();
  /** What it gave up. */
  readonly notices: Notice[] = [];
  /** Until then it stores nothing, because it says that it has no leader; true time. */
  refusesUntil = 0;
  /** The log of the replicas keeps its order. */
  readonly #lastEntryAt = new Map<Stream, number>();
  /** Subjects of deliveries that were replied to there. */
  readonly #replied = new Set<string>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #literal = new Map<string, Set<Subscription>>();

  constructor(
    readonly world: World,
    readonly lag: BrokerLag,
    /** Sees each record as it is stored. */
    readonly onStored: (stream: string, message: Stored) => void,
  ) {}

  subscribe(subscription: Subscription): () => void {
    const { pattern } = subscription;
    if (/[*>]/.test(pattern)) {
      this.#subscriptions.add(subscription);
      return () => this.#subscriptions.delete(subscription);
    }
    const same = this.#literal.get(pattern) ?? new Set();
    this.#literal.set(pattern, same.add(subscription));
    return () => same.delete(subscription);
  }

  /** A message has come in. */
  receive(message: WireMessage): void {
    const { subject, reply, data } = message;
    if (subject.startsWith('$JS.API.')) {
      if (reply !== undefined) this.#answerAll(reply, answerApi(this, subject, message.data));
      return;
    }
    if (subject.startsWith('$JS.ACK.')) {
      const [, , stream, consumer, , seq] = subject.split('.');
      this.consumers
        .get(`${stream} ${consumer}`)
        ?.acknowledge(Number(seq), Buffer.from(data).toString('latin1'));
      // Bridges read replies there, and who took one; the rest is not worth its way.
      const isReply = data[0] === OPENING_BRACE;
      if (isReply) this.#replied.add(subject);
      if (isReply || this.#replied.has(subject)) this.#route(message);
      return;
    }
    const traceTo = message.headers && parseWireHeaders(message.headers)['Nats-Trace-Dest'];
    if (traceTo !== undefined) {
      this.#send(traceTo, Buffer.from('{"events":[]}'));
      return;
    }
    const stream = [...this.streams.values()].find((candidate) => candidate.takes(subject));
    if (stream !== undefined) this.#take(stream, message);
    const listeners = this.#route(stream === undefined ? message : { ...message, reply: undefined });
    if (stream === undefined && listeners === 0) this.#send(reply, NOTHING, wireHeaders({}, '503'));
  }

  makeStream(config: StreamConfig): Stream {
    const made = this.streams.get(config.name) ?? new Stream(config);
    this.streams.set(config.name, made);
    return made;
  }

  makeConsumer(streamName: string, config: ConsumerConfig): PullConsumer {
    const stream = this.streams.get(streamName);
    if (stream === undefined) throw new Error(`no stream ${streamName}`);
    const id = `${streamName} ${config.durable_name}`;
    const made =
      this.consumers.get(id) ??
      new PullConsumer(this.world, this.actor, stream, config, (notice) => this.notices.push(notice));
    this.consumers.set(id, made);
    return made;
  }

  /** Messages were deleted: nobody is given them any longer. */
  haveLeft(stream: Stream, seqs: readonly number[]): void {
    for (const consumer of this.consumers.values())
      if (consumer.stream === stream) for (const seq of seqs) consumer.forget(seq);
  }

  #take(stream: Stream, message: WireMessage): void {
    const { world } = this;
    if (this.refusesUntil > world.scheduler.now) {
      world.count('fault: store refuses');
      this.#refuse(message.reply, 503, 10008, 'system temporarily unavailable');
    } else if (this.lag.replicasMs > 0) this.#replicate(stream, message);
    else this.#store(stream, message);
  }

  /** It is there, and acknowledged, when enough of the replicas have it. */
  #replicate(stream: Stream, message: WireMessage): void {
    const { world, actor } = this;
    const { scheduler, random } = world;
    const refusal = stream.propose(message, scheduler.now);
    if (refusal !== undefined) {
      if (refusal.kind === 'refused' && refusal.errorCode !== WRONG_LAST_SEQUENCE)
        world.count(`broker: refused, as another is on its way (${refusal.errorCode})`);
      this.#answer(stream, message.reply, refusal);
      return;
    }
    const before = this.#lastEntryAt.get(stream) ?? 0;
    const at = Math.max(before, scheduler.now + random.between(0.2, this.lag.replicasMs));
    this.#lastEntryAt.set(stream, at);
    scheduler.at(at, actor, () => {
      stream.settle(message);
      if (this.refusesUntil > scheduler.now) this.#outliveLeader(stream, message);
      else this.#store(stream, message);
    });
  }

  /** The leader has gone meanwhile: nobody confirms what was on its way, whatever becomes of it. */
  #outliveLeader(stream: Stream, message: WireMessage): void {
    const { world } = this;
    if (world.random.chance(0.4)) {
      world.count('fault: entry lost with its leader');
      return;
    }
    this.#store(stream, { ...message, reply: undefined });
    if (world.random.chance(0.5)) return;
    world.count('fault: entry refused and stored');
    this.#refuse(message.reply, 503, 10077, 'store is closed');
  }

  #store(stream: Stream, message: WireMessage): void {
    const result = stream.store(message, this.world.scheduler.now);
    if (result.kind === 'stored') this.onStored(stream.config.name, result.message);
    this.#answer(stream, message.reply, result);
    if (result.kind === 'stored' && stream.config.name === WORK_STREAM) this.#hasWork(stream, result.message);
  }

  #answer(stream: Stream, reply: string | undefined, result: StoreResult): void {
    const { name } = stream.config;
    switch (result.kind) {
      case 'refused':
        this.#refuse(reply, 400, result.errorCode, result.description);
        return;
      case 'duplicate':
        this.world.count('broker: duplicate absorbed');
        this.#send(reply, Buffer.from(`{"stream":"${name}","seq":${result.seq},"duplicate": true}`));
        return;
      case 'stored':
        this.#send(reply, Buffer.from(`{"stream":"${name}","seq":${result.message.seq}}`));
    }
  }

  #hasWork(stream: Stream, message: Stored): void {
    const { scheduler } = this.world;
    const ttl = Number.parseInt(message.headers['Nats-TTL'] ?? '', 10);
    if (ttl > 0)
      scheduler.in(ttl * 1_000, this.actor, () => {
        if (!stream.delete(message.seq)) return;
        this.world.count('broker: expired by its TTL');
        this.haveLeft(stream, [message.seq]);
      });
    for (const archive of this.streams.values())
      if (archive.config.sources?.some(({ name }) => name === stream.config.name))
        scheduler.in(this.lag.archiveMs, this.actor, () => {
          const source = { 'Nats-Stream-Source': `${stream.config.name} ${message.seq} > >` };
          const headers = wireHeaders({ ...message.headers, ...source });
          archive.store({ ...message, reply: undefined, headers }, scheduler.now);
        });
    for (const consumer of this.consumers.values())
      if (consumer.stream === stream && matches(consumer.config.filter_subject ?? '>', message.subject))
        consumer.dispatch();
  }

  /** @returns how many were listening */
  #route(message: WireMessage): number {
    const { subject } = message;
    let listeners = 0;
    for (const subscription of this.#literal.get(subject) ?? []) {
      listeners++;
      subscription.deliver(message);
    }
    for (const subscription of this.#subscriptions)
      if (matches(subscription.pattern, subject)) {
        listeners++;
        subscription.deliver(message);
      }
    return listeners;
  }

  /** One connection carries them: none is missing between two that arrive. */
  #answerAll(subject: string, answers: readonly ApiAnswer[]): void {
    const isOfBatch = answers.length > 1;
    for (const { deliver } of this.#literal.get(subject) ?? [])
      for (const { data, headers } of answers)
        if (!deliver({ subject, reply: undefined, headers, data, isOfBatch })) break;
  }

  #refuse(reply: string | undefined, code: number, err_code: number, description: string): void {
    this.#send(reply, Buffer.from(JSON.stringify({ error: { code, err_code, description } })));
  }

  #send(subject: string | undefined, data: Uint8Array, headers?: Uint8Array): void {
    if (subject !== undefined) this.#route({ subject, reply: undefined, headers, data });
  }
}
