/** What is no HTTP request, or does not come in time, is answered before any route could: with the same strict headers. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Codes of Node's parser and timers; anything else is 400. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const STRICT_HEADERS = [
  'Connection: close',
  'Content-Length: 0',
  'Cache-Control: no-store',
  "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options: nosniff',
  'X-Frame-Options: DENY',
  'Referrer-Policy: no-referrer',
];

/** For the server's `clientError`. */
export function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF[error.code ?? ''] ?? 400;
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...STRICT_HEADERS].join('\r\n');
  // Who does not read it is not waited for.
  socket.end(`${head}\r\n\r\n`, () => socket.destroy());
}
