/** Commands with an operator's or an auditor's credentials, on an installation as `nats-bridge auth init` makes it. */
import { createDeadLetters, keepDeadLetters, NatsBridge, topologyOf } from '@nats-bridge/connector';
import { applyTopology } from '@nats-bridge/messaging';
import { createWorker, type Handler, type Worker } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { type AccessUnderTest, startAccess } from './access-under-test.js';
import { runCli } from './cli-process.js';
import { startServer } from './stack-under-test.js';
import { until } from './until.js';

let access: AccessUnderTest;
let bridge: NatsBridge;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  access = await startAccess('jwt', [{ name: 'general' }]);
  closers.push(() => access.close());
  // Three replicas wanted, where there is one server; limits of its own, of which the commands below know nothing.
  bridge = new NatsBridge(
    { timeouts: { authorize: 1_500 }, jetstream: { ack_wait: 1_000, max_deliver: 2, max_messages: 500 } },
    { connection: access.connect('bridge') },
  );
  closers.push(() => bridge.close());
  await bridge.prepare();
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const environmentOf = (role: 'operator' | 'auditor') => ({
  NATS_BRIDGE__BASE_URL: access.url,
  NATS_BRIDGE__AUTH__CREDS_FILE: `${access.dir}/creds/${role}.creds`,
  NATS_BRIDGE__JETSTREAM__DOMAIN: 'BRIDGE',
});
const as = (role: 'operator' | 'auditor', ...args: string[]) => runCli(args, environmentOf(role));
async function startWorker(authorize: Handler): Promise<Worker> {
  const handlers = { authorize, sync: authorize };
  const worker = createWorker({ name: 'general', connection: access.connect('general'), handlers });
  await worker.start();
  return worker;
}
const differences = async () =>
  (await applyTopology(bridge.connection, topologyOf(bridge.config), { dryRun: true })).filter(
    ({ action }) => action !== 'unchanged',
  );

describe('nats-bridge dlq of an operator', () => {
  it('lists, and sends again, without a word about streams', async () => {
    const keeper = keepDeadLetters(bridge);
    const letters = createDeadLetters(bridge);
    closers.push(
      () => keeper.close(),
      () => letters.close(),
    );
    expect(await as('operator', 'dlq', 'list')).toMatchObject({ code: 0, stdout: 'No letters.\n' });
    let isThere = false;
    const worker = await startWorker(() => {
      if (!isThere) throw new TypeError('the processor is away');
      return { status: 'success', transaction_id: 'txn_1' };
    });
    closers.push(() => worker.stop());
    await bridge.authorize(routerData('merchant_1', 'att_1'));
    await until('the letter', async () => (await letters.list())[0]);
    isThere = true;
    const before = await differences();
    expect(await as('operator', 'dlq', 'list')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^i1 .* merchant_1 +pay\w* +authorize +unknown/m),
    });
    const again = ['dlq', 'retry', 'i1', '--force-unknown', '--reason', 'it was away'];
    expect(await as('operator', ...again, '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^✓ 1 of 1 would be sent again/),
    });
    expect(await letters.list()).toHaveLength(1);
    expect(await as('operator', ...again)).toEqual({ code: 0, stdout: '✓ i1 was sent again\n', stderr: '' });
    await until('its answer', () => bridge.findAnswer('merchant_1', 'authorize:att_1'));
    expect(await letters.list()).toEqual([]);
    expect(await differences()).toEqual(before);
  });
});

describe('nats-bridge dlq', () => {
  it('makes nothing on a server where no bridge was, and says that it is none', async () => {
    const { server, dispose } = await startServer();
    const empty = new NatsBridge({ base_url: server.url });
    try {
      const { code, stderr } = await runCli(['dlq', 'list', '--nats', server.url]);
      expect(stderr).toMatch(/no stream DEAD_LETTERS, INTERVENTIONS, AUDIT at .*is it the right server/);
      expect(code).toBe(1);
      const manager = await jetstreamManager(await empty.connection.get());
      expect((await manager.getAccountInfo()).streams).toBe(0);
    } finally {
      await empty.close();
      await dispose();
    }
  });
});

describe('what these credentials may not', () => {
  const run = async (...command: string[]) => {
    const { stdout, stderr, code } = await runCli(command, {
      NATS_BRIDGE__BASE_URL: access.url,
      NATS_BRIDGE__AUTH__CREDS_FILE: `${access.dir}/creds/operator.creds`,
    });
    return { code, said: stdout + stderr };
  };

  it.each([[['dlq', 'list']], [['replay']], [['doctor']]])(
    'without their domain is all that %j asks, and it says so',
    async (command) => {
      const { code, said } = await run(...command);
      expect(said).toMatch(
        /NATS denies this user \$JS\.API\.\S+: .* set nats_bridge\.jetstream\.domain to BRIDGE/,
      );
      expect(code).toBe(1);
    },
  );

  it('is said to be denied to the role where they have it', async () => {
    const { code, stderr } = await as('operator', 'topology', 'apply');
    expect(stderr).toMatch(/^✗ NATS denies this user \S+: this role may not \(docs\/access\.md\)$/m);
    expect(code).toBe(1);
  });
});

describe('nats-bridge topology apply of an operator', () => {
  it('says that all is as configured, though one server has one replica of the three that are asked for', async () => {
    const { code, stdout } = await runCli(['topology', 'apply'], {
      ...environmentOf('operator'),
      NATS_BRIDGE__TIMEOUTS__AUTHORIZE: '1500',
      NATS_BRIDGE__JETSTREAM__ACK_WAIT: '1000',
      NATS_BRIDGE__JETSTREAM__MAX_DELIVER: '2',
      NATS_BRIDGE__JETSTREAM__MAX_MESSAGES: '500',
    });
    expect(stdout).toMatch(/^stream +PAYMENTS +as it was +1 of 3 replicas/m);
    expect(code).toBe(0);
  });
});

describe('nats-bridge doctor', () => {
  it.each(['operator', 'auditor'] as const)('finds the streams and the workers as %s', async (role) => {
    const manager = await jetstreamManager(await bridge.connection.get(), { checkAPI: false });
    const stored = async () => (await manager.streams.info('PAYMENTS')).state.last_seq;
    const before = await stored();
    const worker = await startWorker(() => ({ status: 'success' }));
    try {
      const { code, stdout } = await as(role, 'doctor', '--json');
      const findings = JSON.parse(stdout) as { level: string; what: string; detail: string }[];
      expect(findings.filter(({ level }) => level === 'failed')).toEqual([]);
      expect(code).toBe(0);
      const detail = expect.stringMatching(/, 1 of 3 replicas$/);
      expect(findings).toContainEqual({ level: 'ok', what: 'PAYMENTS', detail });
      const [lacking] = findings.filter(({ what }) => what === 'workers');
      expect(lacking?.detail).toMatch(/(takes|not ask:) any operation but authorize, sync$/);
      expect(await stored()).toBe(before);
    } finally {
      await worker.stop();
    }
  });
});
