/** A NATS server with JetStream, as far as the product can tell: routes messages, keeps streams, answers its API. */
import { Actor } from '../actors/actor.js';
import type { World } from '../world.js';
import { answerApi } from './js-api.js';
import { matches } from './matches.js';
import { type ConsumerConfig, type Notice, PullConsumer } from './pull-consumer.js';
import { type Stored, Stream, type StreamConfig } from './stream.js';
import { NOTHING, parseWireHeaders, type WireMessage, wireHeaders } from './wire-message.js';

export type Subscription = {
  readonly pattern: string;
  /** Sends it on its way to the subscriber. */
  deliver(message: WireMessage): void;
};

const WORK_STREAM = 'PAYMENTS';

export class Broker {
  readonly actor = new Actor('broker');
  readonly streams = new Map<string, Stream>();
  /** By stream and name. */
  readonly consumers = new Map<string, PullConsumer>();
  /** What it gave up. */
  readonly notices: Notice[] = [];
  /** Until then it stores nothing, because it says that it has no leader; true time. */
  refusesUntil = 0;
  readonly #subscriptions = new Set<Subscription>();
  readonly #literal = new Map<string, Set<Subscription>>();

  constructor(
    readonly world: World,
    /** Of the archive behind the stream of requests. */
    readonly archiveLagMs: number,
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
      for (const { data, headers } of answerApi(this, subject, message.data))
        this.#send(reply, data, headers);
      return;
    }
    if (subject.startsWith('$JS.ACK.')) {
      const [, , stream, consumer, , seq] = subject.split('.');
      this.consumers
        .get(`${stream} ${consumer}`)
        ?.acknowledge(Number(seq), Buffer.from(data).toString('latin1'));
      // Bridges read only replies there: the rest is not worth its way.
      if (data[0] === 0x7b) this.#route(message);
      return;
    }
    const traceTo = message.headers && parseWireHeaders(message.headers)['Nats-Trace-Dest'];
    if (traceTo !== undefined) {
      this.#send(traceTo, Buffer.from('{"events":[]}'));
      return;
    }
    const stream = [...this.streams.values()].find((candidate) => candidate.takes(subject));
    if (stream !== undefined) this.#store(stream, message);
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

  #store(stream: Stream, message: WireMessage): void {
    const { world } = this;
    const { now } = world.scheduler;
    const { name } = stream.config;
    if (this.refusesUntil > now) {
      world.count('fault: store refuses');
      this.#refuse(message.reply, 503, 10008, 'system temporarily unavailable');
      return;
    }
    const result = stream.store(message, now);
    switch (result.kind) {
      case 'refused':
        this.#refuse(message.reply, 400, result.errorCode, result.description);
        return;
      case 'duplicate':
        world.count('broker: duplicate absorbed');
        this.#send(message.reply, Buffer.from(`{"stream":"${name}","seq":${result.seq},"duplicate": true}`));
        return;
      case 'stored':
        this.onStored(name, result.message);
        this.#send(message.reply, Buffer.from(`{"stream":"${name}","seq":${result.message.seq}}`));
        if (name === WORK_STREAM) this.#hasWork(stream, result.message);
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
        scheduler.in(this.archiveLagMs, this.actor, () => {
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

  #refuse(reply: string | undefined, code: number, err_code: number, description: string): void {
    this.#send(reply, Buffer.from(JSON.stringify({ error: { code, err_code, description } })));
  }

  #send(subject: string | undefined, data: Uint8Array, headers?: Uint8Array): void {
    if (subject !== undefined) this.#route({ subject, reply: undefined, headers, data });
  }
}
