/** Routes: whose workers get a request, who gets it when those are gone, and that nobody else ever does. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsFile, DOMAIN } from '@nats-bridge/access';
import { NatsBridge } from '@nats-bridge/connector';
import { guardedSubject } from '@nats-bridge/protocol';
import { createWorker, type Handler } from '@nats-bridge/worker';
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { startAccess } from './access-under-test.js';
import { runCli } from './cli-process.js';
import { authorizeRequest, startServer, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { PYTHON, ROOT, startSpecWorker } from './worker-process.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const POOLS = { eu: { merchants: [] }, us: { merchants: [] } };
const ROUTES = [
  { metadata: { region: 'eu' }, pools: ['eu', 'us'] },
  { metadata: { region: 'us' }, pools: ['us'], or_general: true },
];

async function startScene(jetstream: Record<string, unknown> = {}) {
  const stack = await startStack({
    sandbox: false,
    config: {
      pools: POOLS,
      routes: ROUTES,
      timeouts: { authorize: 1_500 },
      jetstream: { ack_wait: 1_000, ...jetstream },
    },
  });
  closers.push(() => stack.close());
  /** Attempt and pool of each execution. */
  const executions: string[] = [];

  async function startWorker(pool: string | undefined, work: Handler = () => ({ status: 'success' })) {
    const worker = createWorker({
      servers: stack.server.url,
      pool,
      handlers: {
        authorize: (request, context) => {
          executions.push(`${request.router_data.attempt_id} ${pool ?? 'general'}`);
          return work(request, context);
        },
      },
    });
    await worker.start();
    closers.push(() => worker.stop());
    return worker;
  }

  const pay = (attempt: string, region?: string) =>
    stack.call(
      'PaymentService/Authorize',
      authorizeRequest(attempt, region === undefined ? {} : { metadata: JSON.stringify({ region }) }),
      attempt,
    );

  let probes = 0;
  return {
    stack,
    startWorker,
    pay,
    /** Without those of probes. */
    executions: () => executions.filter((line) => !line.startsWith('probe')),
    /** A bridge believes for a moment that who was there still is. */
    untilNoticed: (region: string, status: string) =>
      until('the bridge to notice who is there', async () =>
        (await pay(`probe_${probes++}`, region)).status === status ? true : undefined,
      ),
  };
}

const NOBODY = { status: 'FAILURE', error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } } };
const CHARGED = { status: 'CHARGED' };

describe('a request with a route', () => {
  it('goes to the first pool that has workers, and to nobody else', async () => {
    const { startWorker, pay, executions, untilNoticed } = await startScene();
    const eu = await startWorker('eu');
    const us = await startWorker('us');
    const general = await startWorker(undefined);

    expect(await pay('a1', 'eu')).toMatchObject(CHARGED);
    expect(await pay('a2', 'us')).toMatchObject(CHARGED);
    expect(await pay('a3')).toMatchObject(CHARGED);
    expect(await pay('a4', 'asia')).toMatchObject(CHARGED);
    expect(executions()).toEqual(['a1 eu', 'a2 us', 'a3 general', 'a4 general']);

    await eu.stop();
    await untilNoticed('eu', 'CHARGED');
    expect(await pay('b1', 'eu')).toMatchObject(CHARGED);
    // A repeat: the first answer, whoever is there now.
    expect(await pay('a1', 'eu')).toMatchObject(CHARGED);
    await us.stop();
    await untilNoticed('eu', 'FAILURE');
    expect(await pay('c1', 'eu')).toMatchObject(NOBODY);
    expect(await pay('c2', 'us')).toMatchObject(CHARGED);
    await general.stop();
    await untilNoticed('us', 'FAILURE');
    expect(await pay('d1', 'us')).toMatchObject(NOBODY);
    expect(executions().slice(4)).toEqual(['b1 us', 'c2 general']);

    await startWorker('eu');
    expect(await pay('e1', 'eu')).toMatchObject(CHARGED);
    expect(executions().slice(6)).toEqual(['e1 eu']);
  });

  it('that was begun in one pool is not run in another, though its workers are gone', async () => {
    const { startWorker, pay, executions, untilNoticed } = await startScene();
    let answer: () => void = () => {};
    const eu = await startWorker('eu', async () => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return { status: 'success', transaction_id: 'txn_eu' };
    });
    expect(await pay('a1', 'eu')).toMatchObject({ status: 'PENDING' });
    const stopped = eu.stop();
    await startWorker('us');
    await untilNoticed('eu', 'CHARGED');
    expect(await pay('a2', 'eu')).toMatchObject(CHARGED);
    expect(await pay('a1', 'eu')).toMatchObject({ status: 'PENDING' });
    answer();
    await stopped;
    expect(await pay('a1', 'eu')).toMatchObject({ ...CHARGED, connector_transaction_id: 'txn_eu' });
    expect(executions()).toEqual(['a1 eu', 'a2 us']);
  });

  it('that a worker without records may have carried out is another attempt for the worker that keeps them', async () => {
    const { stack, startWorker, pay, executions } = await startScene({ duplicate_window: '500ms' });
    const nats = await stack.nats();
    const { consumers } = await jetstreamManager(nats);
    await consumers.add('PAYMENTS', {
      durable_name: 'naive',
      ack_policy: AckPolicy.Explicit,
      deliver_subject: 'naive.in',
      filter_subject: 'hyperswitch.payments.*.authorize',
    });
    // It has its effect, and dies before it says so.
    let charged = 0;
    nats.subscribe('naive.in', {
      callback: (_, message) => {
        charged++;
        message.respond('+ACK');
      },
    });
    expect(await pay('a1', 'us')).toMatchObject({ status: 'PENDING' });
    expect(charged).toBe(1);
    const attempts: number[] = [];
    await startWorker('us', (_, { attempt }) => {
      attempts.push(attempt);
      return { status: 'success', transaction_id: 'txn_found' };
    });
    expect(await pay('a1', 'us')).toMatchObject({ ...CHARGED, connector_transaction_id: 'txn_found' });
    expect(executions()).toEqual(['a1 us']);
    expect(attempts).toEqual([2]);
  });

  it('that nobody takes is counted in the pools where it was looked for, or in the one it was sent to', async () => {
    const { stack, pay } = await startScene();
    const counted = async () => {
      const text = await (await fetch(`${stack.httpUrl}/metrics`)).text();
      return Object.fromEntries(
        [...text.matchAll(/^nats_bridge_calls_without_workers_total\{.*pool="(.*)"\} (\d+)$/gm)].map(
          ([, pool, count]) => [pool, Number(count)],
        ),
      );
    };
    expect(await pay('a1', 'eu')).toMatchObject(NOBODY);
    expect(await counted()).toEqual({ eu: 1, us: 1 });
    expect(await pay('a2', 'us')).toMatchObject(NOBODY);
    expect(await pay('a3')).toMatchObject(NOBODY);
    expect(await counted()).toEqual({ eu: 1, us: 2, '': 2 });

    // One who says that he is there, and takes nothing.
    const nats = await stack.bridge.connection.get();
    nats.subscribe(guardedSubject('authorize', 'eu'), { callback: (_, question) => void question.respond() });
    await nats.flush();
    await until('the bridge to send to him', async () => {
      await pay(`to_eu_${randomUUID()}`, 'eu');
      const { eu = 0, us = 0 } = await counted();
      return eu >= us ? true : undefined;
    });
  });

  it('is never heard by a worker that knows nothing of pools', async () => {
    const { stack, pay } = await startScene();
    const naive = await startSpecWorker(
      [PYTHON, `${ROOT}workers/examples/python/naive_worker.py`],
      stack.server.url,
    );
    closers.push(() => naive.stop());
    expect(await pay('a1', 'eu')).toMatchObject(NOBODY);
    expect(await pay('a2')).toMatchObject(CHARGED);
    expect(naive.executions()).toEqual(['a2']);
  });
});

describe('a configuration', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nats-bridge-routes-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const check = (toml: string) => {
    const file = join(folder, 'nats-bridge.toml');
    writeFileSync(file, toml);
    return runCli(['config', 'check', '--config', file]);
  };

  it('that the documentation shows is taken', async () => {
    const page = readFileSync(join(ROOT, 'docs/balancing.md'), 'utf8');
    const shown = [...page.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, toml = '']) => toml);
    expect(shown).toHaveLength(2);
    for (const toml of shown) expect(await check(toml)).toMatchObject({ code: 0, stderr: '' });
  });

  it('whose route leads nowhere is refused, with the place and what to do', async () => {
    const { code, stderr } = await check('[[nats_bridge.routes]]\npools = ["eu"]\n');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /nats_bridge\.routes\S*pools\S* .*eu.* is no pool: add \[nats_bridge\.pools\.eu\]/,
    );
  });

  it.each([
    ['or_general = true', 'must be a list of pools of nats_bridge.pools, such as ["eu"]'],
    ['pools = []', 'must name a pool of nats_bridge.pools'],
    ['pools = ["eu"]\nmerchants = "merchant_a"', 'must be a list of names, such as ["one"]'],
  ])('with a route of %j is refused in words', async (lines, why) => {
    const { code, stderr } = await check(
      `[nats_bridge.pools.eu]\nmerchants = []\n[[nats_bridge.routes]]\n${lines}\n`,
    );
    expect(stderr).toContain(why);
    expect(stderr).not.toContain('Invalid input');
    expect(code).toBe(2);
  });
});

describe('the routes of docs/balancing.md', () => {
  it('are shown by config check and doctor in their order, with what no request will take', async () => {
    const page = readFileSync(join(ROOT, 'docs/balancing.md'), 'utf8');
    const [, example = ''] = /```toml\n(\[nats_bridge\.pools[\s\S]*?)```/.exec(page) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-routes-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'nats-bridge.toml');
    writeFileSync(file, `${example}\n[nats_bridge.pools.old]\nmerchants = []\n`);
    const routes = [
      '1: every operation, metadata region = eu: eu, else us',
      '2: authorize or capture, merchant merchant_b or merchant_c, connector stripe: us, else the workers of no pool',
      'of all else: the workers of no pool',
    ];
    const warning = expect.stringContaining('nats_bridge.pools.old gets no requests');

    const checked = await runCli(['config', 'check', '--config', file]);
    expect(checked.stdout.trim().split('\n').slice(1)).toEqual([
      ...routes.map((route) => `route ${route}`),
      warning,
    ]);
    expect(checked.code).toBe(0);

    const { server, dispose } = await startServer();
    closers.push(dispose);
    const { stdout } = await runCli(['doctor', '--json', '--config', file, '--nats', server.url]);
    const findings = JSON.parse(stdout) as { level: string; what: string; detail: string }[];
    expect(findings.filter(({ what }) => what === 'route').map(({ detail }) => detail)).toEqual(routes);
    expect(findings).toContainEqual({ level: 'warning', what: 'config', detail: warning });
  });
});

describe('a worker of a route, with credentials', () => {
  it('serves every merchant that is routed to it, and none that a pool has for itself', async () => {
    const access = await startAccess('jwt', [
      { name: 'eu', pool: 'eu', servesAnyMerchant: true },
      { name: 'acme', pool: 'acme', merchants: ['merchant_a'] },
    ]);
    closers.push(() => access.close());
    const bridge = new NatsBridge(
      {
        request_timeout_ms: 8_000,
        jetstream: { num_replicas: 1 },
        pools: { eu: { merchants: [] }, acme: { merchants: ['merchant_a'] } },
        routes: [{ pools: ['eu'] }],
      },
      { connection: access.connect('bridge') },
    );
    closers.push(() => bridge.close());
    await bridge.prepare();
    const served: string[] = [];
    for (const name of ['eu', 'acme']) {
      const worker = createWorker({
        servers: access.url,
        credentials: { kind: 'creds', credsFile: credentialsFile(access.dir, access.state, name) },
        jetstreamDomain: DOMAIN,
        pool: name,
        handlers: {
          authorize: ({ merchant_id }) => {
            served.push(`${merchant_id} ${name}`);
            return { status: 'success', transaction_id: `txn_${name}` };
          },
        },
      });
      await worker.start();
      closers.push(() => worker.stop());
    }
    for (const merchant of ['merchant_a', 'merchant_b', 'merchant_c'])
      expect(await bridge.authorize(routerData(merchant, `att_${merchant}`))).toMatchObject({
        kind: 'answered',
      });
    expect(served).toEqual(['merchant_a acme', 'merchant_b eu', 'merchant_c eu']);
    expect(access.log()).not.toContain('Violation');
  });
});
