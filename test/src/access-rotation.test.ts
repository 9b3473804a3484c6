/** New credentials while payments are under way: the old ones end, the payments do not. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentialsFile, forgetCredentials, withMerchant } from '@nats-bridge/access';
import { NatsBridge } from '@nats-bridge/connector';
import { createConnection } from '@nats-bridge/messaging';
import { createWorker, type Handler } from '@nats-bridge/worker';
import { afterEach, describe, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { type AccessUnderTest, credentialsOf, startAccess } from './access-under-test.js';
import { until } from './until.js';

// A password stands in the configuration of its client, which reads it once; files are read at each connect.
describe.each(['jwt', 'nkeys'] as const)('with %s', (proof) => {
  let access: AccessUnderTest;
  const closing: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function scene() {
    access = await startAccess(proof, [{ name: 'acme', pool: 'acme', merchants: ['merchant_a'] }]);
    closing.push(() => access.close());
    const bridge = new NatsBridge(
      {
        request_timeout_ms: 30_000,
        jetstream: { num_replicas: 1, ack_wait: 2_000, max_deliver: 10 },
        pools: { acme: { merchants: ['merchant_a', 'merchant_c'] } },
      },
      { connection: access.connect('bridge') },
    );
    closing.push(() => bridge.close());
    await bridge.prepare();
    const runs: string[] = [];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const authorize: Handler = async ({ router_data }) => {
      runs.push(router_data.attempt_id);
      await finished;
      return { status: 'success', transaction_id: `txn_${router_data.attempt_id}` };
    };
    const worker = createWorker({
      name: 'acme',
      pool: 'acme',
      connection: access.connect('acme'),
      handlers: { authorize },
    });
    closing.push(() => worker.stop());
    await worker.start();
    return { bridge, runs, finish };
  }

  it.each(['acme', 'bridge'])('of %s: the old end at the reload, payments in hand go on', async (name) => {
    const { bridge, runs, finish } = await scene();
    const attempts = Array.from({ length: 20 }, (_, index) => `att_${index}`);
    const paying = attempts.map((attempt) => bridge.authorize(routerData('merchant_a', attempt)));
    await until('all are in hand', () => (runs.length === attempts.length ? true : undefined));

    const file = credentialsFile(access.dir, access.state, name);
    const old = join(access.dir, 'old');
    copyFileSync(file, old);
    const connect = (path: string) => {
      const connection = createConnection({
        servers: access.url,
        credentials: credentialsOf(proof, name, path),
        maxReconnects: 0,
      });
      closing.push(() => connection.close());
      return connection.get();
    };
    await connect(old);
    forgetCredentials(access.dir, access.state, name);
    await access.change(access.state);
    expect(readFileSync(file, 'utf8')).not.toBe(readFileSync(old, 'utf8'));
    await expect(connect(old)).rejects.toThrow(/refuses these credentials/);
    await connect(file);

    finish();
    for (const [index, outcome] of (await Promise.all(paying)).entries())
      expect(outcome).toMatchObject({ kind: 'answered', transactionId: `txn_att_${index}` });
    expect(runs.toSorted()).toEqual(attempts.toSorted());
    // Who was sent away is back within a moment; until then nobody is there, and nothing is sent. With JWTs a change
    // of the bridge's account ends what its workers had ordered: such a request comes again after the ack wait.
    await until('payments are taken again', async () => {
      const outcome = await bridge.authorize(routerData('merchant_a', 'after'));
      return outcome.kind === 'answered' ? outcome : undefined;
    });
  });

  it('a merchant that joins a pool needs no new credentials', async () => {
    const { bridge, finish } = await scene();
    finish();
    const file = credentialsFile(access.dir, access.state, 'acme');
    const before = readFileSync(file, 'utf8');
    await access.change(withMerchant(access.state, 'merchant_c', 'acme'));
    const outcome = await until('its payments are taken', async () => {
      const tried = await bridge.authorize(routerData('merchant_c', 'att_c'));
      return tried.kind === 'answered' ? tried : undefined;
    });
    expect(outcome).toMatchObject({ transactionId: 'txn_att_c' });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
