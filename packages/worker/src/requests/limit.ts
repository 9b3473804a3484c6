/** Runs so many at once and lets a bounded number wait; whatever comes on top is told to go. */

export type Limit = {
  /** Begun and not finished, or waiting. */
  readonly size: number;
  /** @returns false when it is full, and nothing was begun. `work` must not throw. */
  offer(work: () => Promise<void>): boolean;
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>;
};

export function createLimit(mostRunning: number, mostWaiting: number): Limit {
  const waiting: (() => Promise<void>)[] = [];
  const idlers: (() => void)[] = [];
  let running = 0;

  async function run(work: () => Promise<void>): Promise<void> {
    running++;
    for (let next: (() => Promise<void>) | undefined = work; next !== undefined; next = waiting.shift())
      await next();
    running--;
    if (running === 0) for (const resolve of idlers.splice(0)) resolve();
  }

  return {
    get size() {
      return running + waiting.length;
    },
    offer(work) {
      if (running < mostRunning) void run(work);
      else if (waiting.length < mostWaiting) waiting.push(work);
      else return false;
      return true;
    },
    idle() {
      return running === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve));
    },
  };
}
