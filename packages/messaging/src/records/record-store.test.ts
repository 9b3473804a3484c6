import { expect, it, onTestFinished } from 'vitest';
import { connectionForTest, serverForTest } from '../testing/broker.js';
import { applyTopology } from '../topology/apply-topology.js';
import { createRecordStore } from './record-store.js';
import { createRecordWriter } from './record-writer.js';

async function store(options: { readonly jetstreamDomain?: string } = {}) {
  const { url } = await serverForTest();
  const connection = connectionForTest(url, options);
  const writer = createRecordWriter(connection);
  onTestFinished(() => writer.close());
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
