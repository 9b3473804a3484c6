/** What the audit says of dead letters: what people did with them is no tampering, and everything else is. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compareRecords,
  createDeadLetters,
  type DeadLetter,
  type DeadLetters,
  keepDeadLetters,
  keepNotary,
  readChain,
  readRecords,
  writeAudit,
} from '@nats-bridge/connector';
import { createSigner } from '@nats-bridge/messaging';
import { Secret } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { authorizeRequest, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const ACTOR = { who: 'jo', why: 'asked the processor' };
const ATTEMPTS = ['att_resolved', 'att_discarded', 'att_signed', 'att_removed', 'att_waits'];

const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-audit-letters-'));
let stack: Stack;
let letters: DeadLetters;
let notary: ReturnType<typeof keepNotary>;
let manager: JetStreamManager;
const closers: (() => unknown)[] = [];
let found: readonly DeadLetter[];

const letterOf = (key: string): DeadLetter => {
  const letter = found.find(({ idempotencyKey }) => idempotencyKey === key);
  if (letter === undefined) throw new Error(`there is no letter of ${key}`);
  return letter;
};
const reportOf = async (stream: string) => {
  const { bridge } = stack;
  const entries = await readChain(bridge.connection);
  const reports = compareRecords(bridge.config, entries, await readRecords(bridge));
  return reports.find((report) => report.stream === stream);
};

beforeAll(async () => {
  stack = await startStack({
    sandbox: false,
    config: {
      timeouts: { authorize: 800, sync: 800 },
      jetstream: { ack_wait: 1_000, max_deliver: 1 },
      audit: { records_every_ms: 3_600_000 }, // written down when a test says so, and at no other time
    },
  });
  manager = await jetstreamManager(await stack.nats());
  letters = createDeadLetters(stack.bridge);
  notary = keepNotary(stack.bridge);
  const keeper = keepDeadLetters(stack.bridge);
  const broken = () => {
    throw new TypeError('the processor is away');
  };
  const worker = createWorker({
    servers: stack.server.url,
    handlers: { authorize: broken, sync: broken },
  });
  await worker.start();
  closers.push(
    () => letters.close(),
    () => notary.close(),
    () => keeper.close(),
    () => worker.stop(),
  );
  const asked = { connector_transaction_id: 'txn_1', amount: money(1) };
  await Promise.all([
    ...ATTEMPTS.map((attempt) => stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt)),
    stack.call('PaymentService/Get', asked, 'asked'),
  ]);
  found = await until('the letters', async () => {
    const all = await letters.list();
    return all.length === ATTEMPTS.length + 1 ? all : undefined;
  });
  await notary.catchUp();
}, 120_000);
afterAll(async () => {
  for (const close of closers) await close();
  await stack?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a letter that was written down', () => {
  it('is the same while it waits', async () => {
    expect(await reportOf('INTERVENTIONS')).toMatchObject({ ok: true, same: ATTEMPTS.length, dealtWith: 0 });
    expect(await reportOf('DEAD_LETTERS')).toMatchObject({ ok: true, same: 1, dealtWith: 0 });
  });

  it('may go when somebody deals with it, who is in the audit', async () => {
    const settled = { status: 'success', transactionId: 'pi_found' } as const;
    await letters.resolve(letterOf('authorize:att_resolved'), ACTOR, settled);
    await letters.discard(letterOf('authorize:att_discarded'), ACTOR);
    expect(await reportOf('INTERVENTIONS')).toMatchObject({ ok: true, same: 3, dealtWith: 2 });
    const { code, stdout } = await runCli(['audit', 'verify'], {
      NATS_BRIDGE__BASE_URL: stack.server.url,
    });
    expect(stdout).toContain('✓ INTERVENTIONS: 3 records as they were written down, 2 dealt with by people');
    expect(code, stdout).toBe(0);
  });

  it('does not go by a command that cannot sign what it did, where the audit is signed', async () => {
    const connection = stack.bridge.connection;
    const discard = (env = {}) =>
      runCli(['dlq', 'discard', `i${letterOf('authorize:att_signed').seq}`, '--reason', 'asked'], {
        NATS_BRIDGE__BASE_URL: stack.server.url,
        ...env,
      });
    const seedFile = join(folder, 'audit.nk');
    const made = await runCli(['audit', 'new-key', seedFile]);
    const signer = createSigner(new Secret(readFileSync(seedFile, 'utf8').trim()));
    await writeAudit(connection, { action: 'set_log_level', ...ACTOR, what: {} }, signer);
    const before = (await readChain(connection)).length;
    expect(await discard()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the audit here is signed'),
    });
    expect(await reportOf('INTERVENTIONS')).toMatchObject({ same: 3, dealtWith: 2 });
    expect(await readChain(connection)).toHaveLength(before);
    expect(await discard({ NATS_BRIDGE__AUDIT__SEED_FILE: seedFile })).toMatchObject({ code: 0 });
    expect((await readChain(connection)).at(-1)).toMatchObject({
      action: 'discard',
      key: made.stdout.trim(),
    });
  });

  it('may not go in any other way: one that an administrator of the server removes is found', async () => {
    const { seq } = letterOf('authorize:att_removed');
    await manager.streams.deleteMessage('INTERVENTIONS', seq);
    expect(await reportOf('INTERVENTIONS')).toMatchObject({
      ok: false,
      same: 1,
      dealtWith: 3,
      problems: [{ seq, why: 'it was removed' }],
    });
  });

  it('is missed when its whole stream is purged; what was dealt with is still no problem', async () => {
    await notary.catchUp();
    await manager.streams.purge('INTERVENTIONS');
    await manager.streams.purge('DEAD_LETTERS');
    const gone = ['att_removed', 'att_waits'].map((attempt) => letterOf(`authorize:${attempt}`).seq);
    const report = await reportOf('INTERVENTIONS');
    expect(report).toMatchObject({ ok: false, same: 0, dealtWith: 3 });
    expect(report && 'problems' in report && report.problems.map(({ seq }) => seq)).toEqual(
      gone.toSorted((a, b) => a - b),
    );
    expect(await reportOf('DEAD_LETTERS')).toMatchObject({ ok: false, same: 0, dealtWith: 0 });
  });
});
