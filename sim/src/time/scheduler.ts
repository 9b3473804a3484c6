/** Virtual time: one event at a time, in the order of their times, each in the actor it belongs to. */
import type { Actor } from '../actors/actor.js';
import type { Random } from './random.js';

export type Event = {
  readonly at: number;
  readonly order: number;
  readonly actor: Actor;
  readonly run: () => void;
  isCancelled: boolean;
};

/** The simulated day begins here: a time that looks like one, so that nothing takes it for a duration. */
const BEGIN = Date.UTC(2026, 0, 1);

export class Scheduler {
  /** True time, in milliseconds since the epoch, with fractions. */
  now = BEGIN;
  /** Whose code runs. Microtasks are drained after every event, so it is whose microtasks run, too. */
  current: Actor | undefined;
  steps = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  constructor(readonly random: Random) {}

  get elapsedMs(): number {
    return this.now - BEGIN;
  }

  in(ms: number, actor: Actor, run: () => void): Event {
    return this.at(this.now + Math.max(0, ms), actor, run);
  }

  at(at: number, actor: Actor, run: () => void): Event {
    const event = { at, order: this.#order++, actor, run, isCancelled: false };
    this.#push(event);
    return event;
  }

  /** Runs until nothing is left to happen, or `isOver` says so. */
  run(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        const event = isOver() ? undefined : this.#next();
        if (event === undefined) {
          this.current = undefined;
          resolve();
          return;
        }
        this.current = event.actor;
        this.steps++;
        try {
          event.run();
        } catch (error) {
          reject(error);
          return;
        }
        // A tick that is asked for in a microtask comes when all microtasks are done: the event is over, no sooner.
        queueMicrotask(() => process.nextTick(turn));
      };
      process.nextTick(turn);
    });
  }

  /** The next that happens: the dead do nothing, and who stands still does it later, in the same order. */
  #next(): Event | undefined {
    for (;;) {
      const event = this.#pop();
      if (event === undefined) return undefined;
      if (event.isCancelled || !event.actor.isAlive) continue;
      if (event.actor.frozenUntil > event.at) {
        const later = event as { at: number };
        later.at = event.actor.frozenUntil;
        this.#push(event);
        continue;
      }
      this.now = Math.max(this.now, event.at);
      return event;
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[index] = heap[parent] as Event;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || top === last) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[index] = heap[child] as Event;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
