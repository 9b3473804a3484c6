import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Connection, createConnection } from '../connection/connection.js';
import { BodyUnavailableError } from '../errors.js';
import { startTestServer, type TestServer } from '../testing/nats-for-tests.js';
import { applyTopology } from '../topology/apply-topology.js';
import { createBodyReferences } from './body-reference.js';

let server: TestServer;
let connection: Connection;
beforeAll(async () => {
  server = await startTestServer();
  connection = createConnection({ servers: server.url });
  await applyTopology(connection, {
    streams: [],
    consumers: [],
    buckets: [{ name: 'bodies', kind: 'object', ttlMs: 60_000 }],
  });
});
afterAll(async () => {
  await connection.close();
  await server.dispose();
});

const bodies = (readTimeoutMs?: number) =>
  createBodyReferences(connection, { bucket: 'bodies', readTimeoutMs });

it.each([1, 300_000, 1_000_000])('gives back the %d bytes that were put away', async (length) => {
  const body = new Uint8Array(length).fill(7);
  const stored = await bodies().store(body);
  expect(Buffer.compare(await bodies().resolveBody(stored), body)).toBe(0);
});

it('does not wait for ever for pieces that are gone', async () => {
  const stored = await bodies().store(new Uint8Array(300_000));
  const manager = await jetstreamManager(await connection.get());
  await manager.streams.purge('OBJ_bodies', { filter: '$O.bodies.C.>' });
  const reading = bodies(200).resolveBody(stored);
  await expect(reading).rejects.toThrow(BodyUnavailableError);
  await expect(reading).rejects.toThrow('it has not come within 200 ms');
});
