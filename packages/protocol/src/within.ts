/** Waits for something, but not longer than a limit. */

/**
 * @param ms the limit, in milliseconds
 * @returns what the promise resolves to; undefined once the limit has passed, whatever becomes of the promise then
 * @throws what the promise rejects with before that
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
