/** Nothing takes as long, but on a machine that has much else to do. */
const LIMIT_MS = 60_000;

/** The first value that is neither undefined nor false; looks every 10 ms, for at most a minute. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited 60 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
