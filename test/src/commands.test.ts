/** The commands as processes, as a user or a script runs them. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPERATIONS } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli, superviseCli } from './cli-process.js';
import { type Stack, startServer, startStack } from './stack-under-test.js';
import { until } from './until.js';

/** Beside developers' own bridges: any port will do. */
const ANY_PORTS = { GATEWAY__GRPC__PORT: '0', GATEWAY__HTTP__PORT: '0' };
const ONE_REPLICA = { NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-commands-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// What else is refused, and how, is in packages/cli/src/run-command.test.ts.
describe('help', () => {
  it.each([[[]], [['pay']]])('nats-bridge %j --help ends with 0', async (command) => {
    const { code, stdout } = await runCli([...command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: nats-bridge ${command.join(' ')}`.trim());
  });

  it.each([
    ['by commander', ['pay', '--amont', '5'], "unknown option '--amont'"],
    ['by the command', ['pay', '--ca', '/nowhere'], '--ca /nowhere: cannot be read'],
  ])('what is refused %s ends with 2 and says why', async (_whom, args, why) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});

describe('pay', () => {
  it('says where nobody answers, that nothing was asked, and what to look at', async () => {
    const { code, stderr } = await runCli(['pay', '--to', '127.0.0.1:9']);
    expect([code, stderr.split('\n')[1]]).toEqual([
      1,
      expect.stringMatching(/^✗ nobody answers at 127\.0\.0\.1:9 \(ECONNREFUSED\), so nothing was asked: /),
    ]);
  });

  it('says the payment id before it waits, and where to look when no answer comes in time', async () => {
    const stack = await startStack({ sandbox: false, config: { request_timeout_ms: 1_000 } });
    const worker = createWorker({
      servers: stack.server.url,
      handlers: { authorize: () => new Promise(() => {}) },
      drainTimeoutMs: 0,
    });
    try {
      await worker.start();
      const { code, stdout, stderr } = await runCli(['pay', '--to', stack.grpcUrl]);
      const [, payment = 'none'] = /^… payment (pay_\w+)\n/.exec(stderr) ?? [];
      expect(stdout).toMatch(new RegExp(`PENDING .* ${payment} +NATS_TIMEOUT`));
      expect(stderr).toMatch(
        /may have been charged: nats-bridge ledger merchant_demo authorize:att_\w+ says/,
      );
      expect(code).toBe(0);
    } finally {
      await worker.stop();
      await stack.close();
    }
  });

  it('says what to do where no worker takes it', async () => {
    const stack = await startStack({ sandbox: false });
    try {
      const { code, stderr } = await runCli(['pay', '--to', stack.grpcUrl]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining('no worker takes authorize here: start one'),
      ]);
    } finally {
      await stack.close();
    }
  });
});

describe('a folder that cannot be made', () => {
  it
    .runIf(existsSync('/proc/self'))
    .each([
      [['up', '--data', '/proc/nowhere/x']],
      [['new', 'worker', '--language', 'go', '--dir', '/proc/nowhere/x']],
      [['auth', 'init', '--dir', '/proc/nowhere/x']],
    ])('%j says which, and ends', async (args) => {
    const { code, stderr } = await runCli(args);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^✗ the folder \/proc\/nowhere cannot be made \(E\w+\): /m),
    ]);
  });
});

describe('up --once --json', () => {
  it('drives a payment through its life and says so on the last line', async () => {
    const data = join(folder, 'up');
    const { code, stdout, stderr } = await runCli(['up', '--once', '--json', '--data', data], ANY_PORTS);
    expect(stderr).not.toContain('✗');
    const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(last).toEqual({
      ok: true,
      nats_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      total_ms: expect.any(Number),
      operations: [
        ['authorize', 'AUTHORIZED'],
        ['capture', 'CHARGED'],
        ['sync', 'CHARGED'],
        ['refund', 'REFUND_SUCCESS'],
        ['refund_sync', 'REFUND_SUCCESS'],
        ['authorize', 'AUTHORIZED'],
        ['void', 'VOIDED'],
      ].map(([operation, status]) => ({ operation, status, ms: expect.any(Number) })),
    });
    expect(code).toBe(0);
  });
});

describe('serve', () => {
  it('opens its doors and ends with 0 at SIGTERM', async () => {
    const { server, dispose } = await startServer();
    const env = { NATS_BRIDGE__BASE_URL: server.url, ...ONE_REPLICA, ...ANY_PORTS };
    try {
      const gateway = await superviseCli(['serve'], env, '127.0.0.1:');
      expect(await gateway.stop()).toBe(0);
      expect(gateway.exitCodes).toEqual([]);
    } finally {
      await dispose();
    }
  });
});

describe('serve, while NATS cannot be relied on', () => {
  const env = (url: string) => ({ NATS_BRIDGE__BASE_URL: url, ...ONE_REPLICA, ...ANY_PORTS });
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  async function serve(url: string) {
    const gateway = await superviseCli(['serve'], env(url), 'for health and metrics');
    closers.push(gateway.stop);
    const [, http] = /(http:\S+) for health/.exec(gateway.printed()) ?? [];
    const readyz = async () => {
      const answer = await fetch(`${http}/readyz`);
      const { detail } = (await answer.json()) as { detail: string };
      return { status: answer.status, detail };
    };
    return { gateway, readyz };
  }

  it('ends with 1 where a server promises less than is configured, and says what to do', async () => {
    const { server, dispose } = await startServer({ syncInterval: '2m' });
    closers.push(dispose);
    const { code, stderr } = await runCli(['serve'], {
      ...env(server.url),
      NATS_BRIDGE__DURABILITY: 'os_crash',
      NATS_BRIDGE__MONITOR_URL: server.monitorUrl,
    });
    expect(stderr).toContain('✗ nats_bridge.durability = "os_crash", and an acknowledged request survives');
    expect(stderr).toContain("set sync_interval: always in the server's jetstream block");
    expect(code).toBe(1);
  });

  it('is not ready while NATS is away, and is when it has come', async () => {
    const { server, dispose } = await startServer();
    closers.push(dispose);
    await server.kill();
    const { gateway, readyz } = await serve(server.url);
    expect(await readyz()).toMatchObject({ status: 503 });
    await server.restart();
    await until('it is ready', async () => ((await readyz()).status === 200 ? true : undefined));
    expect(await gateway.stop()).toBe(0);
    expect(gateway.exitCodes).toEqual([]);
  });

  const account = (permissions: string) =>
    `authorization { users: [{ user: bridge, password: x, permissions: ${permissions} }] }`;
  it.each([
    ['without JetStream', 'Is JetStream enabled', { jetstream: false }],
    [
      'without permission to make streams',
      'Permissions Violation for Publish to "$JS.API.STREAM.CREATE.PAYMENTS"',
      { configuration: account('{ publish: ["_INBOX.>", "$JS.API.INFO", "$JS.API.STREAM.INFO.*"] }') },
    ],
  ])('is not ready %s, and says why', async (_what, why, options) => {
    const { server, dispose } = await startServer(options);
    closers.push(dispose);
    const { gateway, readyz } = await serve(server.url.replace('//', '//bridge:x@'));
    const { status, detail } = await until('it says why', async () => {
      const answer = await readyz();
      return answer.detail.includes('no word from NATS') ? undefined : answer;
    });
    expect(status).toBe(503);
    expect(detail).toContain(why);
    expect(await gateway.stop()).toBe(0);
    expect(gateway.exitCodes).toEqual([]);
  });
});

describe('against a bridge that runs', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack.close());
  const pay = (...args: string[]) => runCli(['pay', '--json', '--to', stack.grpcUrl, ...args]);

  it('pays', async () => {
    const { code, stdout } = await pay('--amount', '1990', '--currency', 'USD');
    expect(JSON.parse(stdout)).toMatchObject({
      payment_id: expect.stringMatching(/^pay_[0-9a-f]{8}$/),
      status: 'CHARGED',
      status_code: 200,
      captured_amount: 1_990,
    });
    expect(code).toBe(0);
  });

  it('authorizes alone', async () => {
    const { code, stdout } = await pay('--capture', 'manual');
    expect([JSON.parse(stdout).status, code]).toEqual(['AUTHORIZED', 0]);
  });

  it('ends with 1 when the card is declined', async () => {
    const { code, stdout } = await pay('--card', '4000000000009995');
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'insufficient_funds' } },
    });
    expect(code).toBe(1);
  });

  it('finds nothing wrong', async () => {
    const { code, stdout } = await runCli(['doctor', '--json', '--nats', stack.server.url], ONE_REPLICA);
    const findings = JSON.parse(stdout) as { level: string; what: string }[];
    expect(findings.filter(({ level }) => level === 'failed')).toEqual([]);
    expect(findings).toContainEqual({ level: 'ok', what: 'workers', detail: 'every operation has one' });
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['protocol', 'NATS', 'PAYMENTS']),
    );
    expect(code).toBe(0);
  });
});

describe('doctor', () => {
  it.each([
    [{}, 'NATS is used without credentials, card data stands in clear (sealing), whoever may publish'],
    [{ NATS_BRIDGE__AUTH__TOKEN: 't' }, 'by this configuration card data stands in clear'],
  ])('says what %j leaves open to whoever reaches NATS', async (env, expected) => {
    const { server, dispose } = await startServer();
    try {
      const { stdout } = await runCli(['doctor', '--json', '--nats', server.url], { ...ONE_REPLICA, ...env });
      const findings = JSON.parse(stdout) as { level: string; what: string; detail: string }[];
      const found = findings.find(({ what }) => what === 'protection');
      expect(found).toMatchObject({ level: 'warning', detail: expect.stringContaining(expected) });
    } finally {
      await dispose();
    }
  });

  it('finds workers of every kind, and of pools', async () => {
    const pools = { acme: { merchants: ['merchant_1'] } };
    const stack = await startStack({ sandbox: false, config: { pools } });
    const worker = createWorker({
      servers: stack.server.url,
      pool: 'acme',
      handlers: { capture: () => ({ status: 'success' }) },
    });
    const config = join(folder, 'pools.toml');
    writeFileSync(
      config,
      '[nats_bridge.pools.acme]\nmerchants = ["merchant_1"]\n[nats_bridge.pools.eu]\nmerchants = []\n',
    );
    try {
      await worker.start();
      const nats = await stack.nats();
      nats.subscribe('hyperswitch.workers.alive.authorize', {
        callback: (_, message) => void message.respond(),
      });
      nats.subscribe('hyperswitch.payments.*.refund');
      await nats.flush();
      const { stdout } = await runCli(['doctor', '--json', '--config', config, '--nats', stack.server.url]);
      const findings = JSON.parse(stdout) as { what: string; detail: string }[];
      const [general = '', acme = '', eu = ''] =
        findings.find(({ what }) => what === 'workers')?.detail.split('; ') ?? [];
      expect(general).toBe('nobody takes any operation but authorize, refund of no pool');
      expect(acme).toBe('any operation but capture of the pool acme');
      expect(eu).toBe('any operation of the pool eu');
    } finally {
      await worker.stop();
      await stack.close();
    }
  });
});

describe('topology', () => {
  it('shows what is missing, makes it, and then finds nothing to do', async () => {
    const { server, dispose } = await startServer();
    const topology = async (verb: string) => {
      const { code, stdout } = await runCli(['topology', verb, '--json', '--nats', server.url], ONE_REPLICA);
      expect(code).toBe(0);
      return JSON.parse(stdout) as { kind: string; name: string; action: string }[];
    };
    try {
      const shown = await topology('show');
      const consumers = OPERATIONS.filter(({ channel }) => channel === 'payments').length;
      // One for each operation, and the keeper of the dead letters.
      expect(shown.filter(({ kind }) => kind === 'consumer')).toHaveLength(consumers + 1);
      const failed = await runCli(['doctor', '--json', '--nats', server.url], ONE_REPLICA);
      expect(failed.code).toBe(1);
      expect(failed.stdout).toContain('run nats-bridge topology apply');
      expect(failed.stdout).toContain('nobody takes any operation: start your workers');
      expect(failed.stdout).not.toContain('sandbox');
      const applied = await topology('apply');
      expect(applied.map(({ name }) => name)).toEqual(shown.map(({ name }) => name));
      expect(new Set(applied.map(({ action }) => action))).toEqual(new Set(['created']));
      const again = await topology('show');
      expect(new Set(again.map(({ action }) => action))).toEqual(new Set(['unchanged']));
      // For a person, what there is to do; more than forty consumers of which there is nothing to say are counted.
      const { stdout } = await runCli(['topology', 'show', '--nats', server.url], ONE_REPLICA);
      expect(stdout).toMatch(/^✓ as configured: 9 streams, 1 bucket, \d+ consumers\n$/);
      // Of replicas that one server cannot have it announces no change that never comes.
      const three = { ...ONE_REPLICA, NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '3' };
      for (const verb of ['show', 'apply']) {
        const short = await runCli(['topology', verb, '--nats', server.url], three);
        expect(short.stdout).toMatch(/^stream +PAYMENTS +as it was +1 of 3 replicas: the cluster has no/m);
        expect(short.stdout).not.toMatch(/changed|→/);
      }
    } finally {
      await dispose();
    }
  });

  it('lowers no limit, and says how somebody does who means it', async () => {
    const { server, dispose } = await startServer();
    const apply = (env: Record<string, string>) =>
      runCli(['topology', 'apply', '--nats', server.url], { ...ONE_REPLICA, ...env });
    try {
      expect((await apply({})).code).toBe(0);
      const { code, stdout } = await apply({ NATS_BRIDGE__JETSTREAM__MAX_AGE: '1d' });
      for (const stream of ['PAYMENTS', 'OPERATIONS'])
        expect(stdout).toContain(`if that is meant: nats stream edit ${stream} --max-age=1d`);
      expect(stdout).not.toContain('delete');
      expect(code).toBe(1);
    } finally {
      await dispose();
    }
  });

  it('says that there is no server', async () => {
    const { code, stdout } = await runCli(['doctor', '--json', '--nats', 'nats://127.0.0.1:9']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ level: 'failed', what: 'NATS' }));
  });
});

describe('who reads what a command prints', () => {
  it('may go away: it ends with 0, and says nothing', async () => {
    const child = startCli(['config', 'check', '--json']);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect([code, said]).toEqual([0, '']);
  });
});

describe('config check', () => {
  const check = (text: string, ...args: string[]) => {
    const file = join(folder, 'nats-bridge.toml');
    writeFileSync(file, text);
    return runCli(['config', 'check', '--config', file, ...args]);
  };

  it('fills in the defaults of a good file', async () => {
    const { code, stdout } = await check('[nats_bridge]\nrequest_timeout_ms = 5000\n', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      nats_bridge: { request_timeout_ms: 5_000, max_retries: 3, jetstream: { stream_name: 'PAYMENTS' } },
      gateway: { grpc: { host: '127.0.0.1', port: 8_000 } },
    });
  });

  it('warns of an environment variable that is none', async () => {
    const { code, stdout } = await runCli(['config', 'check'], { NATS_BRIDGE_BASE_URL: 'nats://h:4222' });
    expect(stdout).toContain('! NATS_BRIDGE_BASE_URL: no such environment variable is read; did you mean');
    expect(code).toBe(0);
  });

  it('names every wrong key, and what is allowed', async () => {
    const { code, stderr } = await check(
      '[nats_bridge]\nbase_url = "http://x"\nmax_retires = 3\n[nats_bridge.jetstream]\nnum_replicas = 9\n',
    );
    expect(code).toBe(2);
    for (const key of ['base_url', 'max_retires', 'num_replicas']) expect(stderr).toContain(key);
    expect(stderr).toContain('must be at most 5');
  });

  it('says where a file is not TOML, and that a file is missing', async () => {
    const broken = await check('[nats_bridge\nbase_url = 1');
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringMatching(/line|TOML/i)]);
    const missing = await runCli(['config', 'check', '--config', join(folder, 'nowhere.toml')]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('nowhere.toml')]);
  });
});
