/** The disciplined workers in Python and Go as in production: in a pool, under generated credentials, over TLS. */
import { credentialsFile, DOMAIN } from '@nats-bridge/access';
import { NatsBridge } from '@nats-bridge/connector';
import { afterEach, describe, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { startAccess } from './access-under-test.js';
import { createAuthority } from './certificates.js';
import { startServer } from './stack-under-test.js';
import { DISCIPLINED_WORKERS, startWorkerProcess } from './worker-process.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe.each(DISCIPLINED_WORKERS)('the disciplined worker in %s', (_language, command, idPrefix) => {
  async function start(env: Readonly<Record<string, string>>) {
    const worker = await startWorkerProcess(command, env, 'started');
    closers.push(() => worker.stop());
    return worker;
  }

  it('takes the requests of its pool, and of no other, with the credentials of a worker', async () => {
    const access = await startAccess('jwt', [
      { name: 'general' },
      { name: 'acme', pool: 'acme', merchants: ['merchant_a'] },
    ]);
    closers.push(() => access.close());
    const bridge = new NatsBridge(
      {
        request_timeout_ms: 8_000,
        jetstream: { num_replicas: 1 },
        pools: { acme: { merchants: ['merchant_a'] } },
      },
      { connection: access.connect('bridge') },
    );
    closers.push(() => bridge.close());
    await bridge.prepare();
    const [acme, general] = await Promise.all(
      (['acme', 'general'] as const).map((name) =>
        start({
          NATS_URL: access.url,
          NATS_CREDS: credentialsFile(access.dir, access.state, name),
          JETSTREAM_DOMAIN: DOMAIN,
          ...(name === 'acme' && { POOL: 'acme' }),
        }),
      ),
    );
    // One that fails is delivered again: then its record is read before it is run.
    for (const [merchant, attempt] of [
      ['merchant_a', 'att_1'],
      ['merchant_a', 'att_2_fails'],
      ['merchant_b', 'att_3'],
      ['merchant_b', 'att_4_fails'],
    ] as const)
      for (const operation of ['authorize', 'sync'] as const)
        expect(
          await bridge.execute(operation, routerData(merchant, attempt)),
          `${operation} of ${merchant}`,
        ).toMatchObject({ kind: 'answered', transactionId: `${idPrefix}${attempt}` });
    expect(acme?.executions()).toEqual(['att_1 1', 'att_2_fails 1', 'att_2_fails 2']);
    expect(general?.executions()).toEqual(['att_3 1', 'att_4_fails 1', 'att_4_fails 2']);
    expect(access.log()).not.toContain('Violation');
  });

  it('reaches a server over TLS, whose certificate the authority that it is told has signed', async () => {
    const authority = createAuthority();
    closers.push(() => authority.dispose());
    const { certFile, keyFile } = authority.sign('nats');
    const { server, dispose } = await startServer({
      configuration: `tls { cert_file: "${certFile}", key_file: "${keyFile}", min_version: "1.3" }`,
    });
    closers.push(() => dispose());
    const bridge = new NatsBridge({ base_url: server.url, tls: { ca_file: authority.caFile } });
    closers.push(() => bridge.close());
    await bridge.prepare();
    await start({ NATS_URL: server.url, NATS_CA: authority.caFile });
    expect(await bridge.authorize(routerData('merchant_b', 'att_1'))).toMatchObject({
      kind: 'answered',
      transactionId: `${idPrefix}att_1`,
    });
  });
});
