/** The processor behind the workers: keeps its own book of what it did, whatever anybody heard of it. */
import type { Operation } from '@nats-bridge/protocol';
import type { World } from '../world.js';
import type { Actor } from './actor.js';

export type Entry = {
  readonly key: string;
  readonly operation: Operation;
  readonly id: string;
  /** A decline moves nothing. */
  readonly isCharge: boolean;
  /** On whose behalf. */
  readonly callId: string;
  /** Which attempt of which worker asked. */
  readonly attempt: number;
  readonly worker: string;
  /** Of a worker that keeps no records: what it acted on. */
  readonly given?: Given;
  readonly at: number;
};

/** A delivery, as a worker that keeps no records was given it. */
export type Given = {
  /** Of the request in its stream. */
  readonly seq: number;
  /** When the broker handed it out. */
  readonly at: number;
  readonly worker: { readonly bornAt: number; readonly goneAt: number | undefined };
};

/** A connection to the processor gives up after this; what was asked arrives well before, or never. */
const GIVE_UP_MS = 900;

export class Processor {
  readonly book: Entry[] = [];
  /** Tells what was going on when an entry was made. */
  onEntry: (entry: Entry) => void = () => {};

  constructor(
    readonly world: World,
    readonly actor: Actor,
    /** Chance that a question or its answer is lost. */
    readonly loss: { chance: number },
  ) {}

  /**
   * Charges, or declines.
   * @param honoursKey gives the first answer to a repeat of the key, and charges nothing
   * @throws Error when no answer comes
   */
  charge(
    asked: Omit<Entry, 'id' | 'at'>,
    options: { readonly honoursKey: boolean; readonly by: Actor },
  ): Promise<Entry> {
    return this.#ask(options.by, () => {
      const before = options.honoursKey ? this.#find(asked.key) : undefined;
      if (before !== undefined) return before;
      const entry = { ...asked, id: `txn_${this.book.length + 1}`, at: this.world.scheduler.now };
      this.book.push(entry);
      this.world.trace(
        this.actor,
        () => `${entry.isCharge ? 'charges' : 'declines'} ${entry.key} as ${entry.id}`,
      );
      this.onEntry(entry);
      return entry;
    });
  }

  /** What a handler that looks before it charges finds. */
  lookUp(key: string, by: Actor): Promise<Entry | undefined> {
    return this.#ask(by, () => this.#find(key));
  }

  #find(key: string): Entry | undefined {
    return this.book.find((entry) => entry.key === key);
  }

  #ask<T>(by: Actor, answer: () => T): Promise<T> {
    const { world } = this;
    const { random, scheduler } = world;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(reject, GIVE_UP_MS, new Error('the processor does not answer'));
      if (random.chance(this.loss.chance)) return world.count('fault: processor does not hear');
      scheduler.in(random.between(5, 300), this.actor, () => {
        const said = answer();
        if (random.chance(this.loss.chance)) return world.count('fault: processor not heard');
        scheduler.in(random.between(5, 300), by, () => {
          clearTimeout(timer);
          resolve(said);
        });
      });
    });
  }
}
