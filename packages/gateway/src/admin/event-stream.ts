/** Server-sent events to one reader; who reads too slowly is cut off. */

type Send = (event: string, data: unknown) => void;

const HEARTBEAT_MS = 15_000;
/** Unread chunks: then the reader is too slow, and would otherwise be kept in memory. */
const MOST_UNREAD = 64;

/** @param begin is given what sends, and gives what ends it */
export function eventStream(signal: AbortSignal, begin: (send: Send) => () => void): Response {
  const encoder = new TextEncoder();
  let end = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => {
          if ((controller.desiredSize ?? 0) <= 0) return end();
          controller.enqueue(encoder.encode(text));
        };
        const stop = begin((event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
        const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
        let isOver = false;
        end = () => {
          if (isOver) return;
          isOver = true;
          clearInterval(heartbeat);
          stop();
          try {
            controller.close();
          } catch {
            // the reader closed it first
          }
        };
        signal.addEventListener('abort', end, { once: true });
        write(': connected\n\n');
      },
      cancel: () => end(),
    },
    { highWaterMark: MOST_UNREAD },
  );
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}
