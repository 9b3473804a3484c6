/** The gRPC door: a listener of its own, so that a taken port is an error we can read. */
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import type { DoorTls } from '../doors/door-tls.js';
import { createFirstBytes } from './first-bytes.js';
import { letStreamsPass } from './passing-streams.js';

export type GrpcDoor = {
  readonly listener: NetServer;
  /** Takes no new connection, lets running calls end for so long, in milliseconds, then cuts them off. */
  drain(drainMs: number): Promise<void>;
};

/** How long a TLS connection may say nothing after its handshake. */
const FIRST_BYTES_MS = 10_000;

/** Hands connections to grpc-js. Its own forceShutdown forgets them when channelz is off; the injector does not. */
export function createGrpcDoor(ucs: GrpcServer, tls: DoorTls | undefined): GrpcDoor {
  // TLS ends at the listener, so grpc-js speaks HTTP/2 over whatever it is handed.
  const injector = ucs.createConnectionInjector(ServerCredentials.createInsecure());
  letStreamsPass(ucs);
  const inject = (socket: Socket) => injector.injectConnection(socket);
  const firstBytes = createFirstBytes(inject, FIRST_BYTES_MS);
  const listener =
    tls === undefined
      ? createServer({ allowHalfOpen: true, noDelay: true }, inject)
      : createTlsServer({ ...tls.options, noDelay: true, ALPNProtocols: ['h2'] }, firstBytes.await);
  return {
    listener,
    async drain(drainMs) {
      listener.close();
      firstBytes.close();
      const timer = setTimeout(() => injector.drain(0), drainMs);
      await new Promise<void>((resolve) => ucs.tryShutdown(() => resolve()));
      clearTimeout(timer);
    },
  };
}
