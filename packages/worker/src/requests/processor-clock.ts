/** How long a handler waited for its processor: the time in which at least one of its calls was under way. */

export type ProcessorClock = {
  /** Makes the call, and counts its time, however it ends. */
  readonly run: <T>(call: () => T | Promise<T>) => Promise<T>;
  /** In milliseconds, up to now; undefined where no call was made. */
  ms(): number | undefined;
};

export function createProcessorClock(now: () => number = () => performance.now()): ProcessorClock {
  let running = 0;
  let begunAt = 0;
  /** Of calls that are over. */
  let overMs: number | undefined;
  return {
    async run(call) {
      if (running++ === 0) begunAt = now();
      overMs ??= 0;
      try {
        return await call();
      } finally {
        if (--running === 0) overMs += now() - begunAt;
      }
    },
    ms: () => (overMs === undefined ? undefined : overMs + (running > 0 ? now() - begunAt : 0)),
  };
}
