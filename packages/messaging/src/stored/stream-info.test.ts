import { afterEach, expect, it } from 'vitest';
import { createConnection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { startTestServer } from '../testing/nats-for-tests.js';
import { streamInfo } from './stream-info.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it('is what the server says of a stream, and undefined only where there is none', async () => {
  const server = await startTestServer();
  closers.push(() => server.dispose());
  const connection = createConnection({ servers: server.url });
  closers.push(() => connection.close());
  await (await managerOf(connection)).streams.add({ name: 'WORK', subjects: ['work'] });
  expect(await streamInfo(connection, 'WORK')).toMatchObject({
    config: { name: 'WORK' },
    state: { messages: 0 },
  });
  expect(await streamInfo(connection, 'NOT_THERE')).toBeUndefined();
  await expect(streamInfo(connection, 'no stream')).rejects.toThrow();
  await connection.close();
  await expect(streamInfo(connection, 'WORK')).rejects.toThrow();
});
