/** The body of an answer of `fetch`, read as long as a signal allows. */

/**
 * Ends when the body does or the signal aborts, and gives the connection up then.
 *
 * The signal given to `fetch` is not enough once the headers are there: Node (20 and 22) keeps what listens to it only
 * as long as the Response is reachable, so after a garbage collection a body that never ends is read for ever.
 *
 * @throws what broke the connection
 */
export async function* bodyUntil(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', giveUp);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
    giveUp();
  }
}
