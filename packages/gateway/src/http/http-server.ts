/** The HTTP door's server: Node's own, with bounds on size and time. */
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { createAdaptorServer } from '@hono/node-server';
import { createHttpApp, type HttpAppOptions } from './http-app.js';

const MAX_HEADER_BYTES = 16_384;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;

/**
 * Builds the server; it listens nowhere yet.
 * @param tls without it the door speaks plain HTTP
 */
export function createHttpServer(options: HttpAppOptions, tls?: TlsOptions): Server {
  return createAdaptorServer({
    fetch: createHttpApp(options).fetch,
    overrideGlobalObjects: false,
    ...(tls && { createServer: createHttpsServer }),
    serverOptions: {
      ...tls,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server;
}
