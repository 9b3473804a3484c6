import { expect, it } from 'vitest';
import { managerOf } from '../connection/manager-of.js';
import { brokerForTest } from '../testing/broker.js';
import { streamInfo } from './stream-info.js';

it('is what the server says of a stream, and undefined only where there is none', async () => {
  const { connection } = await brokerForTest();
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
