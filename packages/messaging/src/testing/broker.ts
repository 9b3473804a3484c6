/** A real server and connections to it, which go with the test or the file that they are for. */
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Connection, type ConnectionOptions, createConnection } from '../connection/connection.js';
import type { EmbeddedServerOptions } from '../embedded/embedded-server.js';
import { startTestServer, type TestServer } from './nats-for-tests.js';

export type Broker = { readonly server: TestServer; readonly connection: Connection };

/** For the test that runs. */
export async function serverForTest(options: Partial<EmbeddedServerOptions> = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.dispose());
  return server;
}

/** For the test that runs. */
export function connectionForTest(servers: string, options: Partial<ConnectionOptions> = {}): Connection {
  const connection = createConnection({ servers, ...options });
  onTestFinished(() => connection.close());
  return connection;
}

/** For the test that runs. */
export async function brokerForTest(options: Partial<EmbeddedServerOptions> = {}): Promise<Broker> {
  const server = await serverForTest(options);
  return { server, connection: connectionForTest(server.url) };
}

/** For all tests of a file, at whose top it is called; nothing can be read from it before they begin. */
export function brokerForFile(): Broker {
  let server: TestServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startTestServer();
    connection = createConnection({ servers: server.url });
  });
  afterAll(async () => {
    await connection.close();
    await server.dispose();
  });
  return {
    get server() {
      return server;
    },
    get connection() {
      return connection;
    },
  };
}
