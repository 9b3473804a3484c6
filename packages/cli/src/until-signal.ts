/** Waits for the signal that ends a program: SIGTERM from a supervisor, SIGINT from a keyboard. */

export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
