/** Waits for the signal that ends a program: SIGTERM from a supervisor, SIGINT from a keyboard, SIGHUP from a terminal that is closed. */

export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}
