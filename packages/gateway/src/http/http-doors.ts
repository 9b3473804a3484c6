/** The HTTP doors: one for everybody, and one for health and metrics alone, which is plain HTTP. */
import type { Server } from 'node:http';
import type { TlsOptions } from 'node:tls';
import type { HttpAppOptions } from './http-app.js';
import { createHttpServer } from './http-server.js';

export type HttpDoors = {
  readonly http: Server;
  readonly health: Server;
  /** Cuts off who is connected. */
  close(): void;
};

export type HttpDoorsOptions = HttpAppOptions & {
  /** How long a request may take to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Of the door for everybody; without it that one is plain HTTP, too. */
  readonly tls: TlsOptions | undefined;
};

/** They listen nowhere yet. */
export function createHttpDoors({
  admin,
  console,
  requestTimeoutMs,
  tls,
  ...probes
}: HttpDoorsOptions): HttpDoors {
  const http = createHttpServer({ ...probes, admin, console }, requestTimeoutMs, tls);
  const health = createHttpServer(probes, requestTimeoutMs);
  return {
    http,
    health,
    close() {
      for (const server of [http, health]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
