import { afterEach, expect, it } from 'vitest';
import { createConnection } from '../connection/connection.js';
import { startTestServer } from '../testing/nats-for-tests.js';
import { applyTopology } from '../topology/apply-topology.js';
import { createRecordStore } from './record-store.js';
import { createRecordWriter } from './record-writer.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function store(options: { readonly jetstreamDomain?: string } = {}) {
  const server = await startTestServer();
  const connection = createConnection({ servers: server.url, ...options });
  const writer = createRecordWriter(connection);
  closers.push(
    () => server.dispose(),
    () => connection.close(),
    () => writer.close(),
  );
  return { connection, records: createRecordStore(connection, { stream: 'RECORDS', writer }) };
}

it('has no record where there is no stream yet, or none of the subject', async () => {
  const { connection, records } = await store();
  expect(await records.read('records.a')).toBeUndefined();
  await applyTopology(connection, { streams: [{ name: 'RECORDS', subjects: ['records.>'] }], consumers: [] });
  expect(await records.read('records.a')).toBeUndefined();
  const seq = await records.write('records.a', Buffer.from('x'), {}, 0);
  expect(await records.read('records.a')).toMatchObject({ subject: 'records.a', seq });
});

it('does not know what is recorded where no JetStream answers', async () => {
  const { records } = await store({ jetstreamDomain: 'ELSEWHERE' });
  await expect(records.read('records.a')).rejects.toThrow();
});
