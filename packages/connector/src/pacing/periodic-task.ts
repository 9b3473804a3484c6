/** Work behind the payments, done again and again, never twice at a time: a fault does not end it, and is told once. */

export type PeriodicTaskOptions = {
  /** In milliseconds. What is due while the last run goes on is left out. */
  readonly everyMs: number;
  /** Told of a fault when it begins, and when its reason changes; the next run without one ends it. */
  readonly onError: (error: Error) => void;
  /** False: nothing is done this time, and what was a fault remains one. Default: always true. */
  readonly isPossible?: () => boolean;
  /** Whether it begins at once, and not in `everyMs`. Default false. */
  readonly beginsNow?: boolean;
};

/** `close` lets a run that is under way end; what is to be cut short is the work's own affair. */
export type PeriodicTask = { close(): Promise<void> };

/** Of a fault that does not end a run. */
export type ReportFault = (fault: unknown) => void;

/** Keeps no process alive. @param work may `report` faults that do not end a run; what it throws is reported, too */
export function startPeriodicTask(
  work: (report: ReportFault) => Promise<void>,
  { everyMs, onError, isPossible = () => true, beginsNow = false }: PeriodicTaskOptions,
): PeriodicTask {
  let running: Promise<void> | undefined;
  let lastFault: string | undefined;

  async function run(): Promise<void> {
    let hasFailed = false;
    const report = (fault: unknown) => {
      const error = fault instanceof Error ? fault : new Error(String(fault));
      if (error.message !== lastFault) onError(error);
      lastFault = error.message;
      hasFailed = true;
    };
    await work(report).catch(report);
    if (!hasFailed) lastFault = undefined;
  }

  function tick(): void {
    if (running !== undefined || !isPossible()) return;
    running = run().finally(() => {
      running = undefined;
    });
  }

  const timer = setInterval(tick, everyMs).unref();
  if (beginsNow) tick();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
