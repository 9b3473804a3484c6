import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { afterEach, expect, it } from 'vitest';
import { createConnection } from '../connection/connection.js';
import { startTestServer } from '../testing/nats-for-tests.js';
import { applyTopology } from '../topology/apply-topology.js';
import { readBatch } from './read-batch.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serverOfDomain(domain: string): Promise<{ url: string }> {
  const storeDir = await mkdtemp(join(tmpdir(), 'nats-bridge-test-'));
  closers.push(() => rm(storeDir, { recursive: true, force: true }));
  const server = await startTestServer({
    jetstream: false, // but in a domain:
    configuration: `jetstream { store_dir: "${storeDir}", domain: ${domain} }`,
  });
  closers.push(() => server.dispose());
  return server;
}

it('reads the stream of the domain that the connection asks, and never of another', async () => {
  const { url } = await serverOfDomain('HUB');
  const connected = (jetstreamDomain?: string) => {
    const connection = createConnection({ servers: url, ...(jetstreamDomain && { jetstreamDomain }) });
    closers.push(() => connection.close());
    return connection;
  };
  const own = connected();
  await applyTopology(own, {
    streams: [{ name: 'WORK', subjects: ['work'], allowDirect: true }],
    consumers: [],
  });
  for (const body of ['1', '2', '3']) await jetstream(await own.get()).publish('work', body);

  const read = async (domain?: string) =>
    (await readBatch(connected(domain), 'WORK', { seq: 2, atMost: 10 })).map(({ body }) =>
      Buffer.from(body).toString(),
    );
  expect(await read()).toEqual(['2', '3']);
  expect(await read('HUB')).toEqual(['2', '3']);
  await expect(read('ELSEWHERE')).rejects.toThrow('WORK cannot be read: 503');
});
