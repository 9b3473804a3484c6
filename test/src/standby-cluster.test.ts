/** Region a is a cluster of three: the link outlives one of its servers, and region b the loss of all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBridge } from '@nats-bridge/connector';
import { streamState } from '@nats-bridge/messaging';
import { afterAll, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { runCli } from './cli-process.js';
import { type Execution, startGatedWorker } from './gated-worker.js';
import { startTwoRegions } from './two-regions.js';
import { until } from './until.js';

const LIMIT_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-standby-cluster-'));
const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

it(
  'copies a cluster, goes on copying without the server that it was linked to, and takes over from it',
  async () => {
    const regions = await startTwoRegions({ nodes: 3 });
    closers.push(() => regions.dispose());
    const standby = (...args: string[]) =>
      runCli(['standby', ...args], { NATS_BRIDGE__BASE_URL: regions.b.url });
    const book: Execution[] = [];
    const serve = async (url: string) => {
      // What was on its way to a worker when its server went comes again after the ack wait.
      const jetstream = { ack_wait: 2_000 };
      const bridge = new NatsBridge({ base_url: url, request_timeout_ms: 30_000, jetstream });
      closers.push(() => bridge.close());
      await until('streams are there', () =>
        bridge.prepare().then(
          () => true,
          () => false,
        ),
      );
      const worker = await startGatedWorker(url, book, Promise.resolve());
      closers.push(() => worker.stop());
      return { bridge, worker };
    };
    const authorize = (bridge: NatsBridge, attempt: string) =>
      bridge.authorize(routerData('merchant_a', attempt));

    const first = await serve(regions.serversOfA.map(({ url }) => url).join(','));
    await authorize(first.bridge, 'att_1');
    await until('the link is up', async () => (await standby('apply', 'a')).code === 0);
    const atB = new NatsBridge({ base_url: regions.b.url });
    closers.push(() => atB.close());
    const hasItAll = async () =>
      (await streamState(atB.connection, 'OPERATIONS')).lastSeq ===
      (await streamState(first.bridge.connection, 'OPERATIONS').catch(() => undefined))?.lastSeq;
    await until('b has the first answer', hasItAll);

    // The remote of b is one connection, to the server that took it.
    const leafs = await Promise.all(
      regions.serversOfA.map(async ({ monitorUrl }) => {
        const response = await fetch(`${monitorUrl}/leafz`);
        return ((await response.json()) as { leafnodes: number }).leafnodes;
      }),
    );
    await regions.serversOfA[leafs.indexOf(1)]?.kill();
    // Who was connected there comes back a moment later; until then nobody is there, and nothing is sent.
    const second = await until('payments are taken again', async () => {
      const outcome = await authorize(first.bridge, 'att_2');
      return outcome.kind === 'answered' && outcome;
    });
    expect(second).toMatchObject({ transactionId: 'txn_att_2_1' });
    await until('b has the second answer', hasItAll);

    await first.worker.stop();
    await first.bridge.close();
    await Promise.all(regions.serversOfA.map((server) => server.kill()));
    const taken = await standby('take-over', join(folder, 'taken'), '--yes', '--reason', 'lost');
    expect(taken.code, taken.stdout + taken.stderr).toBe(0);
    // Of a configuration for three servers, at one.
    expect(taken.stdout).toContain('1 of 3 replicas');
    const { bridge } = await serve(regions.b.url);
    for (const attempt of ['att_1', 'att_2', 'att_3'])
      expect(await authorize(bridge, attempt)).toMatchObject({ transactionId: `txn_${attempt}_1` });
    expect(book.map(({ attemptId }) => attemptId)).toEqual(['att_1', 'att_2', 'att_3']);
  },
  LIMIT_MS,
);
