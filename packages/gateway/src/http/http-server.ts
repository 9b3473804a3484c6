/** The HTTP door's server: Node's own, with bounds on size and time. */
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { createAdaptorServer } from '@hono/node-server';
import { createHttpApp, type HttpAppOptions } from './http-app.js';
import { refuseBroken } from './refuse-broken.js';

const MAX_HEADER_BYTES = 16_384;
const HEADERS_TIMEOUT_MS = 10_000;
/** Node looks so often for who is too slow. */
const LOOK_EVERY_MS = 5_000;
const KEEP_ALIVE_MS = 5_000;
/** A connection on which nothing moves, neither way, is cut; a live stream says every 15 s that it is there. */
const IDLE_MS = 60_000;

/**
 * Builds the server; it listens nowhere yet.
 * @param requestTimeoutMs how long a request may take to arrive, in milliseconds
 * @param tls without it the door speaks plain HTTP
 */
export function createHttpServer(
  options: HttpAppOptions,
  requestTimeoutMs: number,
  tls?: TlsOptions,
): Server {
  const server = createAdaptorServer({
    fetch: createHttpApp({ ...options, hasTls: tls !== undefined }).fetch,
    overrideGlobalObjects: false,
    // HTTP/1.0, which the health checks of balancers speak, does not have to name a host.
    hostname: 'localhost',
    ...(tls && { createServer: createHttpsServer }),
    serverOptions: {
      ...tls,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, requestTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server;
  server.timeout = IDLE_MS;
  server.on('clientError', refuseBroken);
  return server;
}
