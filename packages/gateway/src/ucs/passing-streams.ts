/** Lets what gRPC makes of a call die young. */
import type { EventEmitter } from 'node:events';
import type { ServerHttp2Session } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { PassingMap } from '@nats-bridge/protocol';

type Streams = { readonly size: number };

/**
 * Node keeps the streams of a connection in a `Map`, whose old tables keep every call of the time alive until a full
 * collection, with all that the bridge has made of it (see {@link PassingMap}): a quarter of the gateway's processor
 * time. Neither Node nor grpc-js has an option for this; where they look otherwise, all stays as it is.
 *
 * @param server with its connection injector, or bound
 */
export function letStreamsPass(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers?: ReadonlyMap<EventEmitter, unknown> };
  for (const http2Server of http2Servers?.keys() ?? []) http2Server.on('session', replaceStreams);
}

function replaceStreams(session: ServerHttp2Session): void {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  if (key === undefined) return;
  const state = (session as unknown as Record<symbol, { streams?: Streams }>)[key];
  if (state?.streams?.size === 0) state.streams = new PassingMap();
}
