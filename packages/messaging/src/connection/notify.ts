/** Tells every listener; one that throws keeps neither the others nor the caller from going on. */

/** What a listener throws becomes an uncaught exception of the process, where it belongs to its author. */
export function notify<T>(listeners: Iterable<(value: T) => void>, value: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(value);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
