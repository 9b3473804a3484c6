/** What everything in a simulation shares: time, chance, the trace, and the count of what happened. */
import type { Actor } from './actors/actor.js';
import { Random } from './time/random.js';
import { Scheduler } from './time/scheduler.js';

/** How messages fare on their way. */
export type Weather = {
  /** Chance of each, per message. */
  drop: number;
  duplicate: number;
  /** Comes before what was sent before it. */
  reorder: number;
  /** Takes up to `slowMs` instead of a millisecond or two. */
  slow: number;
  slowMs: number;
};

const FAIR: Readonly<Weather> = { drop: 0, duplicate: 0, reorder: 0, slow: 0, slowMs: 0 };

export class World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly counts = new Map<string, number>();
  readonly weather: Weather = { ...FAIR };
  readonly lines: string[] | undefined;

  constructor(seed: number, isTraced: boolean) {
    this.random = new Random(seed);
    this.scheduler = new Scheduler(this.random);
    this.lines = isTraced ? [] : undefined;
  }

  /** Counts a fault, a decision or an outcome by its name. */
  count(kind: string, by = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + by);
  }

  /** A line of the trace; made only when somebody reads it. */
  trace(actor: Actor | string, line: () => string): void {
    if (this.lines === undefined) return;
    const name = typeof actor === 'string' ? actor : actor.name;
    this.lines.push(
      `${(this.scheduler.elapsedMs / 1_000).toFixed(4).padStart(9)} s  ${name.padEnd(10)} ${line()}`,
    );
  }
}
