/** Serves a worker's metrics over HTTP, to this machine unless told otherwise. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type MetricsDoor = {
  /** 0 for any. */
  readonly port: number;
  /** Default 127.0.0.1. There is no TLS: what is shown are counts, and never payment data. */
  readonly host?: string;
};

export type MetricsServer = { readonly url: string; close(): Promise<void> };

/** A scraper sends its request at once. */
const REQUEST_TIMEOUT_MS = 10_000;

/** @throws Error that says so when the port is taken */
export async function serveMetrics(
  { port, host = '127.0.0.1' }: MetricsDoor,
  metrics: { readonly contentType: string; text(): Promise<string> },
): Promise<MetricsServer> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      const path = request.url?.split('?')[0];
      if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
        response.writeHead(404, { 'Content-Type': 'text/plain' }).end('only /metrics is served here\n');
        return;
      }
      metrics.text().then(
        (text) => {
          response.writeHead(200, { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
          response.end(text);
        },
        () => response.writeHead(500).end(),
      );
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new Error(`metrics cannot be served on ${host}:${port} (${cause.code}): choose another port`, {
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const shownHost = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return {
    url: `http://${shownHost}:${bound.port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
