/** Opens a door's port, or says whose fault it is that it cannot. */
import type { Server } from 'node:net';

export type ListenAt = { readonly host: string; readonly port: number };

/** Another program has the port. Stop it, configure another port, or allow a free one to be chosen. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly code = 'PORT_IN_USE';

  constructor(
    readonly door: string,
    readonly at: ListenAt,
  ) {
    super(
      `the ${door} port ${at.port} on ${at.host} is taken by another program: stop it, or set gateway.${door}.port to a free one`,
    );
  }
}

export type Listening = {
  readonly port: number;
  /** Says so when the port is not the one that was asked for. */
  readonly note?: string;
};

/** More connections at one door are closed as they come. */
const MAX_CONNECTIONS = 1_000;

/**
 * @throws PortInUseError when the port is taken and no other may be chosen.
 */
export async function listenOn(
  server: Server,
  door: string,
  at: ListenAt,
  { allowPortFallback }: { readonly allowPortFallback: boolean },
): Promise<Listening> {
  server.maxConnections = MAX_CONNECTIONS;
  try {
    return { port: await listen(server, at) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    if (!allowPortFallback) throw new PortInUseError(door, at);
    const port = await listen(server, { host: at.host, port: 0 });
    return {
      port,
      note: `${door} port ${at.port} is taken by another program: listening on ${port} instead`,
    };
  }
}

function listen(server: Server, { host, port }: ListenAt): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(error);
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.removeListener('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** True for hosts that stand for all addresses of this machine. */
export function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** `http://127.0.0.1:8000`, or https, with the brackets IPv6 needs. */
export function urlOf(host: string, port: number, hasTls = false): string {
  return `${hasTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
