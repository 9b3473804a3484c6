import { connect, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { PassingMap } from '@nats-bridge/protocol';
import { expect, it } from 'vitest';
import { letStreamsPass } from './passing-streams.js';

/** What Node keeps of a connection. */
function stateOf(session: ServerHttp2Session): { readonly streams: unknown } {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  return (session as unknown as Record<symbol, { streams: unknown }>)[key as symbol] as { streams: unknown };
}

it('keeps the streams of a connection in a map that has no chain of old tables, and all calls are answered', async () => {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  letStreamsPass(server);
  const { http2Servers } = server as unknown as { http2Servers: Map<NodeJS.EventEmitter, unknown> };
  const sessions: ServerHttp2Session[] = [];
  for (const http2Server of http2Servers.keys())
    http2Server.on('session', (session: ServerHttp2Session) => sessions.push(session));
  const listener = createServer((socket) => injector.injectConnection(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const client = connect(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  const call = () =>
    new Promise<unknown>((resolve, reject) => {
      const headers = { ':method': 'POST', ':path': '/none/None', 'content-type': 'application/grpc' };
      const stream = client.request(headers).on('error', reject).end();
      stream.on('response', (answer) => resolve(answer['grpc-status'])).resume();
    });
  const UNIMPLEMENTED = '12';
  const calls = Array.from({ length: 300 }, call);
  expect(new Set((await Promise.all(calls)).map(String))).toEqual(new Set([UNIMPLEMENTED]));
  expect(sessions).toHaveLength(1);
  expect(sessions.map((session) => stateOf(session).streams)).toEqual([expect.any(PassingMap)]);
  client.close();
  injector.destroy();
  listener.close();
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
});
