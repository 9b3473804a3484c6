/** The units of deploy/systemd: what they start is started and stopped as they say, and systemd, where it is, understands them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUcsClient } from '@nats-bridge/gateway/client';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { authorizeRequest, MERCHANT, startServer } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT, startWorkerProcess, type WorkerProcess } from './worker-process.js';

const GATEWAY = 'nats-bridge.service';
const WORKER = 'nats-bridge-worker@.service';
const SLOW_CARD = '4000000000000259';
/** Of a developer's machine it may be the wrong system; under CI nothing is left out. */
const hasSystemd = process.env.CI !== undefined || spawnSync('systemd-analyze', ['--version']).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-units-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a gateway and a worker that are started as their units say', () => {
  let nats: Awaited<ReturnType<typeof startServer>>;
  const processes: WorkerProcess[] = [];

  beforeAll(async () => {
    nats = await startServer();
  });
  afterEach(async () => {
    for (const process of processes.splice(0)) await process.stop();
  });
  afterAll(() => nats.dispose());

  /** Of the instance `sandbox`; what lies below /etc and /opt on a real machine lies elsewhere here. */
  async function start(name: string, files: Readonly<Record<string, string>>, readyText: string) {
    const here = (text: string) =>
      text
        .replaceAll('%i', 'sandbox')
        .replace('/usr/bin/node', process.execPath)
        .replace('/opt/nats-bridge/', ROOT)
        .replaceAll('/etc/', `${folder}/`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(here(path), '..'), { recursive: true });
      writeFileSync(here(path), text);
    }
    const { ExecStart = '', EnvironmentFile = '' } = readUnit(name);
    const env = settingsOf(readFileSync(here(EnvironmentFile), 'utf8'));
    const [program = '', ...words] = here(ExecStart).split(' ');
    const args = words.flatMap((word) =>
      word.startsWith('$') ? (env[word.slice(1)] ?? '').split(' ') : word,
    );
    const started = await startWorkerProcess([program, ...args], env, readyText, folder);
    processes.push(started);
    return started;
  }

  it('finish the call that is under way at the signal to stop, and end with 0', async () => {
    const base = `NATS_BRIDGE__BASE_URL=${nats.server.url}\n`;
    const gateway = await start(
      GATEWAY,
      {
        '/etc/nats-bridge/nats-bridge.toml':
          'nats_bridge.jetstream.num_replicas = 1\n[gateway]\nhttp.port = 0\n',
        '/etc/nats-bridge/gateway.env': `${base}GATEWAY__GRPC__PORT=0\n`,
      },
      ' NATS ',
    );
    const sandbox = await start(
      WORKER,
      {
        '/etc/nats-bridge-worker/sandbox.toml': '',
        '/etc/nats-bridge-worker/sandbox.env': `${base}WORKER_OPTIONS=--concurrency 3 --json\n`,
      },
      '"started"',
    );
    const [, url = ''] = /gateway (\S+) for Hyperswitch/.exec(gateway.printed()) ?? [];
    const client = createUcsClient(url, {
      connector: 'imerchantsolutions',
      merchantId: MERCHANT,
      apiKey: 'key',
    });
    const call = client.call('PaymentService/Authorize', authorizeRequest('att_1', {}, SLOW_CARD), {
      metadata: { 'x-resource-id': 'att_1', 'x-reference-id': 'pay_1' },
    });
    await untilDelivered();
    for (const name of [GATEWAY, WORKER]) expect(readUnit(name).KillSignal).toBe('SIGTERM');
    const codes = Promise.all([gateway.terminate(), sandbox.terminate()]);
    expect(await call).toMatchObject({ status: 'CHARGED' });
    client.close();
    expect(await codes).toEqual([0, 0]);
  });

  async function untilDelivered() {
    const connection = await connect({ servers: nats.server.url });
    try {
      const { consumers } = await jetstreamManager(connection);
      await until('the worker to have the request', async () => {
        const { num_ack_pending } = await consumers.info('PAYMENTS', 'hyperswitch-consumer-authorize');
        return num_ack_pending > 0;
      });
    } finally {
      await connection.close();
    }
  }
});

describe('the units', () => {
  it('start Node with the flags of the command', () => {
    const [shebang = ''] = readFileSync(join(ROOT, 'packages/cli/bin/nats-bridge.js'), 'utf8').split('\n');
    const flags = /-S node (.+)/.exec(shebang)?.[1];
    for (const name of [GATEWAY, WORKER]) expect(readUnit(name).ExecStart).toContain(`/node ${flags} /opt/`);
  });

  it('give both longer to stop than they take', () => {
    const [, gateway] = /A gateway waits up to (\d+) s/.exec(readText('docs/delivery.md')) ?? [];
    const [, worker] = /`drainTimeoutMs` \| (\d+) 000 /.exec(readText('docs/workers.md')) ?? [];
    expect(Number(readUnit(GATEWAY).TimeoutStopSec)).toBeGreaterThanOrEqual(Number(gateway) + 10);
    expect(Number(readUnit(WORKER).TimeoutStopSec)).toBeGreaterThanOrEqual(Number(worker) + 10);
  });

  it('do not start again what a wrong configuration ends', async () => {
    const { code } = await runCli(['serve'], { GATEWAY__GRPC__PORT: 'none' });
    for (const name of [GATEWAY, WORKER]) expect(readUnit(name).RestartPreventExitStatus).toBe(String(code));
  });

  it('protect a worker as they do a gateway, under another user', () => {
    const own = ['Description', 'User', 'Group', 'EnvironmentFile', 'ExecStart', 'TimeoutStopSec'];
    const [gateway, worker] = [GATEWAY, WORKER].map((name) => Object.entries(readUnit(name)));
    const shared = (entries: typeof gateway = []) => entries.filter(([key]) => !own.includes(key));
    expect(shared(worker)).toEqual(shared(gateway));
    expect(readUnit(GATEWAY)).toMatchObject({
      LimitCORE: '0',
      NoNewPrivileges: 'yes',
      ProtectSystem: 'strict',
    });
    const users = [readUnit(GATEWAY).User, readUnit(WORKER).User];
    expect(users).toEqual(['nats-bridge', 'nats-bridge-worker']);
  });

  it.runIf(hasSystemd)('are understood by systemd, each line', () => {
    const instance = join(folder, WORKER.replace('@', '@stripe'));
    copyFileSync(join(ROOT, 'deploy/systemd', WORKER), instance);
    const files = [join(ROOT, 'deploy/systemd', GATEWAY), instance];
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
    // Where Node lies elsewhere, that is of the machine.
    const said = `${stdout}${stderr}`.split('\n').filter((line) => !line.includes('/usr/bin/node'));
    expect(said.join('\n')).toBe('');
  });
});

function readUnit(name: string) {
  return settingsOf(readText(`deploy/systemd/${name}`));
}

/** Lines of `KEY=value`, in units and environment files. */
function settingsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]));
}

function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
