/** Three servers as docs/access.md has them: one auth.conf for all, and payments that outlive one of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AccessState,
  AUTH_FILE,
  credentialsFile,
  DEFAULT_LAYOUT,
  DOMAIN,
  PROOFS,
  type Proof,
  withWorker,
  writeAccess,
} from '@nats-bridge/access';
import { NatsBridge } from '@nats-bridge/connector';
import { createConnection, type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { createWorker } from '@nats-bridge/worker';
import { afterEach, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { credentialsOf } from './access-under-test.js';
import { freePort } from './faults/cluster.js';
import { ROOT } from './worker-process.js';

const LIMIT = { timeout: 60_000, interval: 200 };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What the document adds to nats-server.conf, for servers on this machine, which need no TLS among themselves. */
function documentedCluster(index: number, ports: readonly number[]): string {
  const document = readFileSync(join(ROOT, 'docs/access.md'), 'utf8');
  const block = /```text\n(server_name: [\s\S]*?)```/.exec(document)?.[1] ?? '';
  return block
    .replace('"nats-1"', `"nats-${index + 1}"`)
    .replace('listen: "10.0.0.1:6222"', `listen: "127.0.0.1:${ports[index]}"`)
    .replaceAll(/10\.0\.0\.(\d):6222/g, (_, server: string) => `127.0.0.1:${ports[Number(server) - 1]}`)
    .replace(/^ *tls .*\n/m, '');
}

async function startServers(dir: string): Promise<EmbeddedServer[]> {
  const auth = readFileSync(join(dir, AUTH_FILE), 'utf8');
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const servers = await Promise.all(
    ports.map((_, index) =>
      startEmbeddedServer({
        storeDir: join(dir, `store-${index}`),
        syncInterval: '2m',
        configuration: `${documentedCluster(index, ports)}\n${auth}`,
      }),
    ),
  );
  closers.push(() => Promise.all(servers.map((server) => server.kill())));
  return servers;
}

it.each<[Proof]>(PROOFS.map((proof) => [proof]))(
  'with %s, three servers take the same access, and payments go on without one of them',
  async (proof) => {
    const dir = mkdtempSync(join(tmpdir(), 'nats-bridge-access-cluster-'));
    closers.push(() => rmSync(dir, { recursive: true, force: true }));
    const none: AccessState = { proof, layout: DEFAULT_LAYOUT, pools: {}, workers: [] };
    const state = withWorker(none, { name: 'general' });
    await writeAccess(dir, state);
    const servers = await startServers(dir);
    const connect = (name: string) => {
      const connection = createConnection({
        servers: servers.map(({ url }) => url).join(','),
        name,
        credentials: credentialsOf(proof, name, credentialsFile(dir, state, name)),
        jetstreamDomain: name === 'bridge' ? undefined : DOMAIN,
        maxReconnects: -1,
      });
      closers.push(() => connection.close());
      return connection;
    };
    const bridge = new NatsBridge({ request_timeout_ms: 30_000 }, { connection: connect('bridge') });
    closers.push(() => bridge.close());
    await expect.poll(async () => (await bridge.health()).isReady, LIMIT).toBe(true);
    const work = async () => (await bridge.figures())?.streams.find(({ name }) => name === 'PAYMENTS');
    expect((await work())?.replicas).toEqual({ current: 3, wanted: 3 });

    const worker = createWorker({
      name: 'general',
      connection: connect('general'),
      handlers: { authorize: async () => ({ status: 'success', transaction_id: 'txn_1' }) },
    });
    closers.push(() => worker.stop());
    await worker.start();
    expect(await bridge.authorize(routerData('merchant_a', 'att_1'))).toMatchObject({ kind: 'answered' });
    await servers[0]?.kill();
    // Pending where the two that are left take longer to agree than a call waits: its repeat then gets the answer.
    const pay = () => bridge.authorize(routerData('merchant_a', 'att_2'));
    await expect.poll(pay, LIMIT).toMatchObject({ kind: 'answered' });
  },
  2 * LIMIT.timeout,
);
