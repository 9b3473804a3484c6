/** Backup, loss of the whole store, restore: what is known again, and that nothing of the past is executed. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  archiveNameOf,
  createDeadLetters,
  type DeadLetters,
  keepDeadLetters,
  keepNotary,
} from '@nats-bridge/connector';
import type { EmbeddedServer } from '@nats-bridge/messaging';
import type { JsonObject } from '@nats-bridge/protocol';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from './cli-process.js';
import { type Execution, startGatedWorker } from './gated-worker.js';
import { neverSent } from './never-sent.js';
import {
  authorizeRequest,
  MERCHANT,
  money,
  type Stack,
  startServer,
  startStack,
} from './stack-under-test.js';
import { until } from './until.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const AUTHORIZE = 'PaymentService/Authorize';
const CONFIG = { request_timeout_ms: 20_000, jetstream: { ack_wait: 2_000 } } as const;

type Settled = { status: string; connector_transaction_id: string };

let folder: string;
let path: string;
const closers: (() => unknown)[] = [];

const authorize = (stack: Stack, attempt: string) =>
  stack.call(AUTHORIZE, authorizeRequest(attempt), attempt) as Promise<JsonObject & Settled>;
const ask = (stack: Stack, attempt: string) =>
  stack.call(
    'PaymentService/Get',
    {
      merchant_transaction_id: attempt,
      connector_transaction_id: `bridge:authorize:${attempt}`,
      amount: money(1_250),
    },
    attempt,
  );
const recordOf = async (stack: Stack, attempt: string) =>
  (await stack.bridge.ledger.findLatest(MERCHANT, `authorize:${attempt}`))?.record;
const managerOf = async (stack: Stack) => jetstreamManager(await stack.nats());
const backup = (url: string, ...args: string[]) =>
  runCli(['backup', ...args], { NATS_BRIDGE__BASE_URL: url });
const restoreArgs = (...more: string[]) => ['restore', path, '--json', ...more];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-backups-'));
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

describe('payments, a backup in their midst, and the loss of the store', () => {
  let first: Record<string, JsonObject & Settled>;
  let lastSeq: number;

  beforeAll(async () => {
    const stack = await startStack({
      sandbox: false,
      config: { ...CONFIG, timeouts: { authorize: 20_000 } },
    });
    const manager = await managerOf(stack);
    const keeper = keepDeadLetters(stack.bridge);
    const notary = keepNotary(stack.bridge);
    await neverSent(stack, (attempt) => authorize(stack, attempt), 'att_dead');
    await until('its letter', async () =>
      (await messagesIn(manager, 'DEAD_LETTERS')) === 1 ? true : undefined,
    );
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const worker = await startGatedWorker(stack.server.url, [], gate);
    first = {
      att_answered: await authorize(stack, 'att_answered'),
      att_declined: await authorize(stack, 'att_declined'),
    };
    const held = authorize(stack, 'att_held');
    await until('somebody has it in hand', async () =>
      (await recordOf(stack, 'att_held'))?.state === 'claimed' ? true : undefined,
    );
    const waiting = authorize(stack, 'att_waiting');
    const archive = archiveNameOf(stack.bridge.config);
    await until('the archive has all', async () =>
      (await messagesIn(manager, archive)) === 5 ? true : undefined,
    );
    const announced = {
      state: 'sent',
      operation: 'authorize',
      paymentId: 'pay_announced',
      retry: 0,
    } as const;
    await stack.bridge.ledger.write(MERCHANT, 'authorize:att_announced', announced, 0);
    await notary.catchUp();
    expect(await recordOf(stack, 'att_waiting')).toBeUndefined();

    const { code, stdout, stderr } = await backup(stack.server.url, 'create', folder, '--json');
    expect(code, stderr).toBe(0);
    const made = JSON.parse(stdout) as { path: string };
    expect(made).toMatchObject({ is_sealed: false, work_stream: { config: { name: 'PAYMENTS' } } });
    ({ path } = made);

    // What the backup does not know: both are carried out after it, and so is another.
    open();
    expect([await held, await waiting, await authorize(stack, 'att_after')]).toMatchObject(
      Array(3).fill({ status: 'CHARGED' }),
    );
    lastSeq = (await manager.streams.info('PAYMENTS')).state.last_seq;
    await Promise.all([keeper.close(), notary.close(), worker.stop()]);
    await stack.close(); // and its store is gone
  });

  it('lies in files of their owner alone, in the layout of the NATS command line', () => {
    expect(statSync(path).mode & 0o777).toBe(0o700);
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(path, name)).isFile(),
    );
    expect(files.filter((name) => (statSync(join(path, name)).mode & 0o777) !== 0o600)).toEqual([]);
    expect(files).toContain('manifest.json');
    expect(files).toContain(join('OPERATIONS', 'stream.tar.s2'));
    const { config } = JSON.parse(readFileSync(join(path, 'OPERATIONS', 'backup.json'), 'utf8')) as {
      config: { name: string };
    };
    expect(config.name).toBe('OPERATIONS');
    expect(readdirSync(folder)).toHaveLength(1); // nothing unfinished is left
  });

  it('is found whole by verify, and listed', async () => {
    const { code, stdout } = await runCli(['backup', 'verify', path]);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/PAYMENTS_ARCHIVE +5 +1 to 5 /);
    expect(stdout).toMatch(/left out: PAYMENTS \(/);
    expect(await runCli(['backup', 'verify', folder])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`give the folder of one backup, such as ${path}\n`),
    });
    expect((await runCli(['backup', 'list', folder])).stdout).toMatch(
      /backup +messages +bytes +sealed +server\n\d{4}-\d\d-\d\dT.*Z +\d+ +\d+ +no +2\./,
    );
  });

  describe('restored into a new server', () => {
    let server: EmbeddedServer;
    let stack: Stack;
    let letters: DeadLetters;
    let manager: JetStreamManager;
    const executions: Execution[] = [];

    beforeAll(async () => {
      const started = await startServer();
      ({ server } = started);
      closers.push(started.dispose);
    });

    it('says first what it means, and changes nothing', async () => {
      const { code, stdout } = await backup(server.url, 'restore', path);
      expect(code, stdout).toBe(0);
      expect(stdout).toContain('nothing of the past is executed');
      expect(stdout).toContain('a repeat of it is a new request');
      expect(stdout).toContain('Nothing was changed');
      expect((await backup(server.url, ...restoreArgs('--yes'))).code).toBe(2); // and no reason
      expect(await streamNames(server)).toEqual([]);
    });

    it('brings back every stream but the work stream, which begins empty and far behind the old one', async () => {
      const { code, stdout, stderr } = await backup(
        server.url,
        ...restoreArgs('--yes', '--reason', 'the disk is gone', '--as', 'jo'),
      );
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        problems: [],
        // In hand, waiting, announced.
        restored: { doubts: { open: 3, interventions: 3 }, notes: [] },
      });
      stack = await startStack({
        sandbox: false,
        runningServer: server,
        config: { ...CONFIG, timeouts: { authorize: 1_000 } },
      });
      closers.push(() => stack.close());
      letters = createDeadLetters(stack.bridge);
      closers.push(() => letters.close());
      manager = await managerOf(stack);
      const { state } = await manager.streams.info('PAYMENTS');
      expect(state.messages).toBe(0);
      expect(state.last_seq).toBeGreaterThan(lastSeq);
      expect(await messagesIn(manager, 'PAYMENTS_ARCHIVE')).toBe(5);
      // With the header's own name the server would drop each request whose time is over.
      const { header } = (await manager.streams.getMessage('PAYMENTS_ARCHIVE', { seq: 1 })) ?? {};
      expect([header?.has('Past-TTL'), header?.has('Nats-TTL')]).toEqual([true, false]);
    });

    it('executes nothing of the past: the first request that a worker sees is a new one', async () => {
      const worker = await startGatedWorker(server.url, executions, Promise.resolve());
      closers.push(() => worker.stop());
      expect(await authorize(stack, 'att_new')).toMatchObject({ status: 'CHARGED' });
      await until('nothing waits', async () => {
        const info = await manager.consumers.info('PAYMENTS', 'hyperswitch-consumer-authorize');
        return info.num_pending + info.num_ack_pending === 0 ? true : undefined;
      });
      expect(executions).toEqual([{ attemptId: 'att_new', attempt: 1 }]);
    });

    it('answers repeats of what was answered as the first time, and runs none of them', async () => {
      for (const [attempt, answer] of Object.entries(first)) {
        const { status, connector_transaction_id } = await authorize(stack, attempt);
        expect({ status, connector_transaction_id }, attempt).toEqual({
          status: answer.status,
          connector_transaction_id: answer.connector_transaction_id,
        });
      }
      expect(executions).toHaveLength(1);
    });

    it('calls what was open "pending", though the processor does not know it, and leaves it to a person', async () => {
      for (const attempt of ['att_held', 'att_waiting', 'att_announced'])
        expect(await ask(stack, attempt), attempt).toMatchObject({ status: 'PENDING' });
      const interventions = await letters.list({ queue: 'interventions' });
      expect(interventions.map(({ idempotencyKey }) => idempotencyKey).sort()).toEqual(
        ['att_announced', 'att_held', 'att_waiting'].map((attempt) => `authorize:${attempt}`),
      );
      for (const letter of interventions) {
        expect(letter.reason).toBe('restored from a backup');
        expect(await letters.verdict(letter)).toBe('unknown');
        await expect(letters.checkRetry(letter)).rejects.toThrow(/may have been carried out/);
      }
    });

    it('takes no dead letter for safe any more: it may have been sent again after the backup', async () => {
      const [letter] = await letters.list({ queue: 'dead_letters' });
      expect(letter?.idempotencyKey).toBe('authorize:att_dead');
      if (letter === undefined) return;
      expect(letter.verdict).toBe('unknown');
      expect(await letters.verdict(letter)).toBe('unknown');
      await expect(letters.checkRetry(letter)).rejects.toThrow(/may have been carried out/);
    });

    it('has a person settle one of them, and the next repeat hears it', async () => {
      const letter = (await letters.list({ queue: 'interventions' })).find(
        ({ idempotencyKey }) => idempotencyKey === 'authorize:att_waiting',
      );
      if (letter === undefined) throw new Error('there is no letter');
      const settled = { status: 'success', transactionId: 'txn_found' } as const;
      await letters.resolve(letter, { who: 'jo', why: 'the processor has it' }, settled);
      expect(await authorize(stack, 'att_waiting')).toMatchObject({
        status: 'CHARGED',
        connector_transaction_id: 'txn_found',
      });
      expect(executions).toHaveLength(1);
    });

    it('executes a repeat of what was open as another attempt, so that the handler looks first', async () => {
      const repeated = ['att_held', 'att_announced'];
      for (const attempt of repeated)
        expect(await authorize(stack, attempt)).toMatchObject({ status: 'CHARGED' });
      expect(executions.slice(1)).toEqual(repeated.map((attemptId) => ({ attemptId, attempt: 2 })));
    });

    it('copies new requests into the archive, from the new place on', async () => {
      await until('the copies', async () =>
        (await messagesIn(manager, 'PAYMENTS_ARCHIVE')) >= 7 ? true : undefined,
      );
    });

    it('is written into the audit, whose records are as they were written down', async () => {
      const { stdout } = await runCli(['audit', 'list', '--json'], { NATS_BRIDGE__BASE_URL: server.url });
      expect(JSON.parse(stdout)).toContainEqual(
        expect.objectContaining({
          action: 'restore',
          who: 'jo',
          reason: 'the disk is gone',
          target: expect.objectContaining({ open: 3, interventions: 3 }),
        }),
      );
      const verified = await runCli(['audit', 'verify'], { NATS_BRIDGE__BASE_URL: server.url });
      expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    });

    it('is refused a second time: there are messages, bridges and workers', async () => {
      const { code, stdout } = await backup(server.url, ...restoreArgs('--yes', '--reason', 'once more'));
      expect(code).toBe(1);
      const { problems } = JSON.parse(stdout) as { problems: string[] };
      expect(problems).toEqual([
        expect.stringMatching(/messages already in .*OPERATIONS \(\d+ messages\)/),
        expect.stringMatching(/^workers are connected/),
        expect.stringMatching(/^bridges are connected/),
      ]);
    });
  });

  it('is refused when a file is not what was written, and says which', async () => {
    const started = await startServer();
    closers.push(started.dispose);
    const file = join(path, 'OPERATIONS', 'stream.tar.s2');
    const whole = readFileSync(file);
    truncateSync(file, whole.length - 1);
    expect((await runCli(['backup', 'verify', path])).stdout).toMatch(/OPERATIONS: its file has \d+ bytes/);
    const broken = Buffer.from(whole);
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 1;
    writeFileSync(file, broken);
    expect((await runCli(['backup', 'verify', path])).code).toBe(1);
    const { code, stdout } = await backup(
      started.server.url,
      'restore',
      path,
      '--yes',
      '--reason',
      'it broke',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/OPERATIONS: its file is not what was written/);
    expect(stdout).toContain('Nothing was changed');
    expect(await streamNames(started.server)).toEqual([]);
    writeFileSync(file, whole);
  });
});

async function messagesIn(manager: JetStreamManager, stream: string): Promise<number> {
  return (await manager.streams.info(stream)).state.messages;
}

async function streamNames(server: EmbeddedServer): Promise<string[]> {
  const { stdout } = await runCli(['topology', 'show', '--json'], { NATS_BRIDGE__BASE_URL: server.url });
  const changes = JSON.parse(stdout) as { kind: string; name: string; action: string }[];
  return changes
    .filter(({ kind, action }) => kind !== 'consumer' && action !== 'created')
    .map(({ name }) => name);
}
