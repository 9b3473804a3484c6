/** Logs as processes: gateway and worker say what becomes of payments, and nats-bridge logs finds it in NATS. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudit } from '@nats-bridge/connector';
import { digestOf } from '@nats-bridge/gateway';
import { createUcsClient, type UcsClient } from '@nats-bridge/gateway/client';
import { type Connection, createConnection, type EmbeddedServer } from '@nats-bridge/messaging';
import type { LogEntry } from '@nats-bridge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { authorizeRequest, MERCHANT, startServer } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT, startWorkerProcess, type WorkerProcess } from './worker-process.js';

const MAIN = join(ROOT, 'packages/cli/dist/main.js');
const TOKENS = { jo: 'operator-token', vi: 'viewer-token' };

let server: EmbeddedServer;
let dispose: () => Promise<void>;
let folder: string;
let gateway: WorkerProcess;
let worker: WorkerProcess;
let client: UcsClient;
let httpUrl: string;
let env: Record<string, string>;
let connection: Connection;

const nats = () => ({ NATS_BRIDGE__BASE_URL: server.url, NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1' });
const logs = async (...args: string[]) => {
  const { code, stdout, stderr } = await runCli(['logs', '--json', ...args], nats());
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogEntry);
};
/** Until the lines are there: nobody waits for them. */
const logsUntil = (what: string, isThere: (lines: readonly LogEntry[]) => boolean, ...args: string[]) =>
  until(what, async () => {
    const lines = await logs(...args);
    return isThere(lines) ? lines : undefined;
  });
const level = (args: string[], token: string) =>
  runCli(['logs', 'level', ...args, '--url', httpUrl], { ...env, NATS_BRIDGE_ADMIN_TOKEN: token });

const pay = (attempt: string, merchant = MERCHANT, card?: string) =>
  client.call('PaymentService/Authorize', authorizeRequest(attempt, {}, card), {
    metadata: {
      'x-resource-id': attempt,
      'x-reference-id': `pay_of_${attempt}`,
      'x-merchant-id': merchant,
    },
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-logs-'));
  ({ server, dispose } = await startServer());
  env = { ...nats(), XDG_STATE_HOME: folder };
  const admin = Object.entries(TOKENS).map(
    ([name, token]) =>
      `[[gateway.admin.tokens]]\nname = "${name}"\nrole = "${name === 'jo' ? 'operator' : 'viewer'}"\nsha256 = "${digestOf(token)}"\n`,
  );
  const config = join(folder, 'nats-bridge.toml');
  writeFileSync(config, `[gateway]\ngrpc.port = 0\nhttp.port = 0\n${admin.join('')}`);
  const timeouts = { NATS_BRIDGE__TIMEOUTS__AUTHORIZE: '1500' };
  gateway = await startWorkerProcess(
    [process.execPath, MAIN, 'serve', '--config', config],
    { ...env, ...timeouts },
    'NATS    ',
  );
  worker = await startWorkerProcess(
    [process.execPath, MAIN, 'worker', 'sandbox', '--config', config],
    env,
    'ready',
  );
  const [, grpcUrl = '', http = ''] =
    /(http:\S+) for Hyperswitch, (http:\S+) for health/.exec(gateway.printed()) ?? [];
  httpUrl = http;
  client = createUcsClient(grpcUrl, {
    connector: 'imerchantsolutions',
    merchantId: MERCHANT,
    apiKey: 'key',
  });
  connection = createConnection({ servers: server.url });
});

afterAll(async () => {
  client?.close();
  await connection?.close();
  await worker?.stop();
  await gateway?.stop();
  await dispose?.();
  rmSync(folder, { recursive: true, force: true });
});

describe('a call', () => {
  it('has one line at the bridge and one at the worker, under one correlation id', async () => {
    await pay('att_ok');
    const lines = await logsUntil('both lines', ({ length }) => length >= 2, '--payment', 'pay_of_att_ok');
    const about = { merchant_id: MERCHANT, payment_id: 'pay_of_att_ok', attempt_id: 'att_ok' };
    const [atWorker, atBridge] = lines.toSorted((a, b) => (a.module < b.module ? 1 : -1));
    expect(lines).toHaveLength(2);
    expect(atBridge).toMatchObject({
      ...about,
      level: 'info',
      module: 'calls',
      event: 'call_ended',
      operation: 'authorize',
      connector: 'imerchantsolutions',
      result: 'success',
      duration_ms: expect.any(Number),
      instance: expect.stringContaining('hyperswitch-nats-bridge@'),
    });
    expect(atWorker).toMatchObject({
      ...about,
      level: 'info',
      module: 'worker',
      event: 'answered',
      delivery: 1,
    });
    expect(atWorker?.correlation_id).toBe(atBridge?.correlation_id);
    const id = atBridge?.correlation_id ?? '';
    for (const asked of [id, id.slice(0, 8)]) expect(await logs('--correlation', asked)).toHaveLength(2);
    expect(await logs('--correlation', `${id}0`)).toEqual([]);
  });

  it('that is declined is answered; one that is in doubt is a warning with its reason', async () => {
    await pay('att_declined', MERCHANT, '4000000000009995');
    worker.signal('SIGSTOP');
    try {
      await pay('att_doubt');
    } finally {
      worker.signal('SIGCONT');
    }
    const [declined] = await logsUntil(
      'it',
      ({ length }) => length > 0,
      '--attempt',
      'att_declined',
      '--module',
      'calls',
    );
    expect(declined).toMatchObject({ level: 'info', result: 'failure' });
    const doubt = (lines: readonly LogEntry[]) => lines.some(({ event }) => event === 'call_ended');
    const lines = await logsUntil(
      'it',
      doubt,
      '--attempt',
      'att_doubt',
      '--level',
      'warn',
      '--module',
      'calls',
    );
    const ended = lines.find(({ event }) => event === 'call_ended');
    expect(['unknown', 'not_sent']).toContain(ended?.result);
    expect(ended?.code).toMatch(/^[A-Z_]+$/);
  });

  it('is a line of JSON on standard error, too, and never with what was paid by', async () => {
    await until('its line', () => (gateway.printed().includes('"att_ok"') ? true : undefined));
    const own = gateway
      .printed()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogEntry);
    expect(own.filter(({ attempt_id }) => attempt_id === 'att_ok')).toMatchObject([{ event: 'call_ended' }]);
    expect(gateway.printed() + worker.printed()).not.toMatch(/4242|4000000000009995/);
  });
});

describe('nats-bridge logs', () => {
  it('shows a merchant its own lines only, also one whose id is no subject token', async () => {
    const odd = 'merchant.of > *';
    await pay('att_odd', odd);
    const lines = await logsUntil('its lines', ({ length }) => length >= 2, '--merchant', odd);
    expect(new Set(lines.map(({ attempt_id }) => attempt_id))).toEqual(new Set(['att_odd']));
    expect(await logs('--merchant', 'merchant_of_nobody')).toEqual([]);
  });

  it('is readable, oldest first, and shows nothing from before --since', async () => {
    const { stdout } = await runCli(['logs', '--attempt', 'att_ok', '--module', 'calls'], nats());
    expect(stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}calls {4}authorize succeeded {2}merchant_1 pay_of_att_ok att_ok {2}[\d.]+ ms {2}[\da-f]{8}\n$/,
    );
    const none = await runCli(['logs', '--attempt', 'att_of_nobody'], nats());
    expect([none.stdout, none.stderr]).toEqual(['', expect.stringContaining('no such line since 20')]);
    const times = (await logs()).map(({ time }) => time);
    expect(times.length).toBeGreaterThan(5);
    expect(times).toEqual(times.toSorted());
    expect(await logs('--since', new Date(Date.now() + 60_000).toISOString())).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'follows: a line that comes is printed, and %s ends it with 0',
    async (signal) => {
      const child = spawn(
        process.execPath,
        [MAIN, 'logs', '--json', '--follow', '--payment', `pay_of_att_${signal}`],
        {
          env: { ...process.env, ...nats() },
        },
      );
      let printed = '';
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await pay(`att_${signal}`);
      await until('both lines', () => (printed.trim().split('\n').length >= 2 ? true : undefined));
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(printed.trim().split('\n')).toHaveLength(2);
    },
  );

  it('has a line that came in after a later one in its place', async () => {
    const open = await connection.get();
    const subject = 'hyperswitch.logs.worker.info.merchant_ordered';
    const said = ['12:00:02', '12:00:01', '12:00:03'].map((time) => `2026-11-24T${time}.000Z`);
    for (const time of said)
      open.publish(subject, JSON.stringify({ time, level: 'info', message: 'm', instance: 'python' }));
    await open.flush();
    const found = await logsUntil('all', ({ length }) => length === 3, '--merchant', 'merchant_ordered');
    expect(found.map(({ time }) => time)).toEqual(said.toSorted());
  });

  it('does not show what a worker may not have written, or is no line', async () => {
    const open = await connection.get();
    const line = {
      time: new Date().toISOString(),
      level: 'info',
      message: 'forged \u001b[2J',
      instance: 'python',
      merchant_id: MERCHANT,
    };
    open.publish('hyperswitch.logs.worker.info.merchant_forged', JSON.stringify(line));
    open.publish('hyperswitch.logs.worker.info.merchant_forged', 'no line');
    await open.flush();
    const found = await logsUntil('it', ({ length }) => length > 0, '--merchant', 'merchant_forged');
    expect(found).toMatchObject([{ module: 'worker', merchant_id: 'merchant_forged', instance: 'python' }]);
    const { stdout } = await runCli(['logs', '--merchant', 'merchant_forged'], nats());
    expect(stdout).not.toContain('\u001b');
  });

  it.each([
    [['--level', 'loud'], /Allowed choices are debug, info, warn, error/],
    [['--module', 'nothing'], /Allowed choices are process, calls/],
    [['--since', 'yesterday'], /a time such as/],
  ])('%j ends with 2 and says what is allowed', async (args, why) => {
    const { code, stderr } = await runCli(['logs', ...args], nats());
    expect(code).toBe(2);
    expect(stderr).toMatch(why);
  });

  it('says that there is no stream where no bridge has made it', async () => {
    const { server: empty, dispose: end } = await startServer();
    const { code, stderr } = await runCli(['logs'], { NATS_BRIDGE__BASE_URL: empty.url });
    await end();
    expect(code).toBe(1);
    expect(stderr).toContain('there is no stream LOGS: a bridge makes it when it starts');
  });
});

describe('nats-bridge logs level', () => {
  it('changes what a running gateway writes, by an operator who says why', async () => {
    const changed = await level(['calls', 'error', '--reason', 'too much', '--json'], TOKENS.jo);
    expect(JSON.parse(changed.stdout)).toMatchObject({ levels: { calls: 'error', nats: 'info' } });
    await pay('att_quiet');
    await level(['all', 'info', '--reason', 'it is enough'], TOKENS.jo);
    await pay('att_loud');
    await logsUntil(
      'the later one',
      ({ length }) => length > 0,
      '--attempt',
      'att_loud',
      '--module',
      'calls',
    );
    expect(await logs('--attempt', 'att_quiet', '--module', 'calls')).toEqual([]);
    expect(
      (await readAudit(connection)).map(({ action, who, why, what }) => [
        action,
        who,
        why,
        what.module,
        what.level,
      ]),
    ).toEqual([
      ['set_log_level', 'jo', 'too much', 'calls', 'error'],
      ['set_log_level', 'jo', 'it is enough', 'all', 'info'],
    ]);
    const { stdout } = await level([], TOKENS.vi);
    expect(stdout).toMatch(/^module +level\nprocess +info\ncalls +info\n/);
  });

  it.each([
    ['a viewer', ['calls', 'debug', '--reason', 'x'], TOKENS.vi, 1, /this is for the role operator/],
    ['a stranger', ['calls', 'debug', '--reason', 'x'], 'wrong', 1, /does not know this token/],
    ['nobody', [], '', 1, /wants a token: give one of gateway.admin/],
    ['who gives no reason', ['calls', 'debug'], TOKENS.jo, 2, /say why with --reason/],
    ['who names no level', ['calls'], TOKENS.jo, 2, /say which level calls gets/],
    ['who names no module', ['callz', 'debug'], TOKENS.jo, 2, /Allowed choices are process, calls/],
  ] as const)('is not for %s', async (_who, args, token, wanted, why) => {
    const { code, stderr } = await level([...args], token);
    expect([code, stderr]).toEqual([wanted, expect.stringMatching(why)]);
  });

  it('says that nobody answers, and what is no address', async () => {
    const away = await runCli(['logs', 'level', '--url', 'http://127.0.0.1:9'], env);
    expect([away.code, away.stderr]).toEqual([
      1,
      expect.stringContaining('nobody answers at http://127.0.0.1:9'),
    ]);
    const wrong = await runCli(['logs', 'level', '--url', 'bridge'], env);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('bridge is no address')]);
  });
});
