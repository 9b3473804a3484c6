/** What may take a place at a door with TLS: connections that speak. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFirstBytes, type FirstBytes } from './first-bytes.js';

const WAIT_MS = 500;

let server: Server;
let firstBytes: FirstBytes;
/** Of the connections of this test. */
let count: { accepted: number; closed: number };
const passed: Socket[] = [];
const clients: Socket[] = [];

beforeEach(async () => {
  const ours = { accepted: 0, closed: 0 };
  count = ours;
  firstBytes = createFirstBytes((connection) => passed.push(connection), WAIT_MS);
  server = createServer({ allowHalfOpen: true }, (connection) => {
    ours.accepted++;
    connection.once('close', () => ours.closed++);
    firstBytes.await(connection);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  for (const socket of [...clients.splice(0), ...passed.splice(0)]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function connectTo(): Promise<Socket> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  clients.push(client);
  await once(client, 'connect');
  return client;
}

it('hands a connection on with all that it has said, and lets it be', async () => {
  (await connectTo()).write('PRI *');
  await expect.poll(() => passed.length).toBe(1);
  expect(passed[0]?.read()?.toString()).toBe('PRI *');
  firstBytes.close();
  expect(passed[0]?.destroyed).toBe(false);
});

it.each(['end', 'resetAndDestroy'] as const)('lets go of one that ends without a word: %s', async (how) => {
  (await connectTo())[how]();
  await expect.poll(() => count.closed).toBe(1);
  expect(passed).toEqual([]);
});

it('cuts one that says nothing in time', async () => {
  await connectTo();
  await expect.poll(() => count.closed).toBe(1);
  expect(passed).toEqual([]);
});

it('cuts at once what is silent when the door closes', async () => {
  await connectTo();
  await expect.poll(() => count.accepted).toBe(1);
  firstBytes.close();
  await expect.poll(() => count.closed, { timeout: WAIT_MS / 2 }).toBe(1);
});
