/** Reads a durable pull consumer with bounded work in hand, through reconnects, until it is drained. */
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { backoffMs } from '../connection/backoff.js';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import type { DeliveredMessage } from './delivered-message.js';
import { OrderInbox } from './order-inbox.js';
import { priorityGroupOf } from './priority-group.js';

export type ConsumePullOptions = {
  readonly stream: string;
  readonly consumer: string;
  /** Messages handled at once. No more are asked for: one that waits here could be delivered to others too. */
  readonly maxInFlight: number;
  /**
   * Its share against other readers: the server gives to open orders in turn, and this many are kept open while there
   * are places. At most `maxInFlight`. Left out: one to three, as they keep it busiest.
   */
  readonly weight?: number;
  /**
   * 0 (default) comes first, to 9: a message goes to a higher one only where none below it has an order open. Above 0
   * only consumers that know priorities are read.
   */
  readonly priority?: number;
  /** What it throws goes to `onError`; acknowledging is its own affair. */
  readonly onMessage: (message: DeliveredMessage) => Promise<void>;
  /** Told of everything that does not stop the reading: a consumer that is not there yet, a lost connection. */
  readonly onError?: (error: unknown, consumer: string) => void;
  /** Told at each sign that it can be read: a message that came, or an order that ended as it should. */
  readonly onRead?: () => void;
};

export type PullReader = {
  readonly inFlight: number;
  /** Resolves when its consumer has been there for the first time, and may be read. Never rejects. */
  readonly found: Promise<void>;
  /**
   * Leaves a message that comes back in `inMs` to other readers of the consumer, where there are any: for a moment
   * around its time this reader orders nothing. Counts no delivery, unlike giving it back once more.
   */
  stepBack(inMs: number): void;
  /** Stops asking, gives back what comes all the same, and waits for what was begun. */
  drain(): Promise<void>;
};

/** How long one request for messages stays open. */
const EXPIRES_MS = 30_000;
/**
 * The same over another account's streams: when the server reads changed accounts, the way back of open requests ends
 * without a sign, and what it gives them comes again only after the ack wait.
 */
const BORROWED_EXPIRES_MS = 5_000;
/**
 * What comes once it drains goes back for so long: others that drain at the same time would give it back in their turn,
 * and each delivery counts towards the last one, though nobody has begun it.
 */
const GIVE_BACK_MS = 100;
/** A reader that steps back does so this long before the time, and for so long. */
const STEP_BACK = { leadMs: 50, forMs: 250 };

export function consumePull(connection: Connection, options: ConsumePullOptions): PullReader {
  const { stream, consumer, maxInFlight, weight, priority = 0 } = options;
  const expiresMs = connection.jetstreamOptions.domain === undefined ? EXPIRES_MS : BORROWED_EXPIRES_MS;
  /** The most that one order is for, so that there are as many as its weight. */
  const mostAsked = weight === undefined ? maxInFlight : Math.floor(maxInFlight / weight);
  /** Places worth an order of their own, so that busy readers ask for many at a time. */
  const worthAsking = Math.ceil(mostAsked / 2);
  /** Those with an open order, and those that wait for the next. */
  const open = new Set<OrderInbox>();
  const spare: OrderInbox[] = [];
  let inFlight = 0;
  let steppedBack = 0;
  /** In a row: the pause before the next look for the consumer grows with them. */
  let failures = 0;
  let isBroken = false;
  let draining = false;
  let drained: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  let sayFound: () => void = () => {};
  const found = new Promise<void>((resolve) => {
    sayFound = resolve;
  });
  const stopListening = connection.onState(({ state }) => {
    // The server may remember an order whose way back is gone, and would give it messages that nobody gets: the next
    // one is made under another inbox.
    if (state === 'disconnected') for (const inbox of [...open, ...spare.splice(0)]) inbox.close();
    wake?.();
  });
  const finished = ask();

  /** Keeps as many messages on order as there are free places; after a failure it looks for the consumer again. */
  async function ask(): Promise<void> {
    while (!draining) {
      isBroken = false;
      try {
        const nats = await connection.get();
        const group = priorityGroupOf(await find(), priority);
        sayFound();
        // Of another connection, or of a consumer that had no priorities.
        for (const inbox of spare.splice(0)) inbox.close();
        while (!draining && !isBroken && connection.state !== 'idle') {
          const count = toOrder();
          if (count > 0) order(nats, count, group);
          else await changed();
        }
      } catch (error) {
        fail(error);
      }
      // Keeps no process alive, as a limit with `within` would.
      if (isBroken && !draining)
        await Promise.race([changed(), delay(backoffMs(failures - 1, { maxMs: 5_000 }))]);
    }
  }

  async function find(): Promise<ConsumerInfo> {
    const manager = await managerOf(connection);
    return manager.consumers.info(stream, consumer);
  }

  /** How many messages the next order is for; 0 while none is worth making. */
  function toOrder(): number {
    if (steppedBack > 0 || connection.current === undefined) return 0;
    if (weight !== undefined && open.size >= weight) return 0;
    let asked = 0;
    for (const inbox of open) asked += inbox.missing;
    const free = maxInFlight - inFlight - asked;
    const isWorthAsking = free >= worthAsking || (free > 0 && asked === 0);
    return isWorthAsking ? Math.min(free, mostAsked) : 0;
  }

  function order(nats: NatsConnection, count: number, group: string | undefined): void {
    const inbox = spare.pop() ?? openInbox(nats, group);
    open.add(inbox);
    inbox
      .order(count)
      .then(() => {
        if (!inbox.isClosed) succeed();
      }, fail)
      .finally(() => {
        open.delete(inbox);
        if (inbox.takesOrders) spare.push(inbox);
        wake?.();
      });
  }

  function openInbox(nats: NatsConnection, group: string | undefined): OrderInbox {
    return new OrderInbox(connection, nats, {
      stream,
      consumer,
      expiresMs,
      priority: group === undefined ? undefined : { group, priority },
      onMessage(message) {
        succeed();
        if (draining) message.nak(GIVE_BACK_MS);
        else void handle(message);
      },
    });
  }

  function succeed(): void {
    failures = 0;
    options.onRead?.();
  }

  async function handle(message: DeliveredMessage): Promise<void> {
    inFlight++;
    try {
      await options.onMessage(message);
    } catch (error) {
      options.onError?.(error, consumer);
    } finally {
      inFlight--;
      if (draining || toOrder() > 0) wake?.();
    }
  }

  async function stepBack(inMs: number): Promise<void> {
    await delay(Math.max(0, inMs - STEP_BACK.leadMs));
    if (draining || !(await hasOtherReaders())) return;
    steppedBack++;
    await Promise.all([...open].map((inbox) => inbox.drain()));
    await delay(STEP_BACK.forMs);
    steppedBack--;
    wake?.();
  }

  async function hasOtherReaders(): Promise<boolean> {
    const { num_waiting } = await find();
    return num_waiting > open.size;
  }

  /** A consumer that is gone, or a server that does not answer, is looked for again after a pause. */
  function fail(error: unknown): void {
    if (draining) return;
    if (!isBroken) failures++;
    isBroken = true;
    options.onError?.(error, consumer);
  }

  async function drain(): Promise<void> {
    draining = true;
    stopListening();
    wake?.();
    await finished;
    await Promise.all([...open, ...spare].map((inbox) => inbox.drain()));
    while (inFlight > 0) await changed();
  }

  /** Resolves when a place may have become free, or the reader drains; one may wait at a time. */
  function changed(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  return {
    get inFlight() {
      return inFlight;
    },
    found,
    stepBack(inMs) {
      stepBack(inMs).catch((error: unknown) => options.onError?.(error, consumer));
    },
    drain() {
      drained ??= drain();
      return drained;
    },
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
