/** Backup and restore where everything is on: credentials of nats-bridge auth, sealed bodies, signed messages, a signed audit. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsFile, DOMAIN, issueCredentials, type Proof } from '@nats-bridge/access';
import {
  type BridgeConfigInput,
  createBackup,
  createDeadLetters,
  keepNotary,
  NatsBridge,
  planRestore,
  restoreBackup,
} from '@nats-bridge/connector';
import {
  createConnection,
  newCurveSeed,
  newSigningSeed,
  publicCurveKey,
  publicSigningKey,
  streamState,
} from '@nats-bridge/messaging';
import { type RouterData, Secret, ValidationError } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { routerData } from './access-data.js';
import { type AccessUnderTest, startAccess } from './access-under-test.js';
import { runCli } from './cli-process.js';
import { MERCHANT } from './stack-under-test.js';
import { until } from './until.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

type Execution = { readonly attemptId: string; readonly attempt: number };

const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-protected-'));
const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

function newKey(name: string, seed: Secret<string>): string {
  const file = join(folder, name);
  writeFileSync(file, seed.reveal(), { mode: 0o600 });
  return file;
}
const [bridgeCurve, poolCurve] = [newCurveSeed(), newCurveSeed()];
const [bridgeSign, poolSign, auditSign] = [newSigningSeed(), newSigningSeed(), newSigningSeed()];
const AUDIT_SEED = newKey('audit.nk', auditSign);
const CONFIG: BridgeConfigInput = {
  request_timeout_ms: 20_000,
  jetstream: { num_replicas: 1, ack_wait: 2_000 },
  sealing: { seed_files: [newKey('bridge.xk', bridgeCurve)], workers: [publicCurveKey(poolCurve)] },
  signing: { seed_files: [newKey('bridge.nk', bridgeSign)], workers: [publicSigningKey(poolSign)] },
  audit: { seed_file: AUDIT_SEED },
};
const WORKER = {
  sealing: { seedFiles: [newKey('pool.xk', poolCurve)], bridges: [publicCurveKey(bridgeCurve)] },
  signing: { seedFiles: [newKey('pool.nk', poolSign)], bridges: [publicSigningKey(bridgeSign)] },
};

/** A server with generated credentials, and the owner of its keys beside them as docs/access.md has it. */
async function startInstallation(proof: Proof): Promise<AccessUnderTest> {
  const access = await startAccess(proof, [{ name: 'general' }]);
  closers.push(() => access.close());
  if (proof === 'jwt') {
    await issueCredentials(access.dir, access.state, 'owner');
    return access;
  }
  const file = join(access.dir, 'auth.conf');
  const [before = '', after = ''] = readFileSync(file, 'utf8').split(
    /(?<=jetstream: enabled\n {4}users: \[\n)/,
  );
  writeFileSync(file, `${before}      { user: "owner", password: "own" }\n${after}`);
  await access.reload();
  return access;
}

function bridgeOf(access: AccessUnderTest): NatsBridge {
  const bridge = new NatsBridge(CONFIG, { connection: access.connect('bridge') });
  closers.push(() => bridge.close());
  return bridge;
}

async function asOwner<T>(
  { url, dir, state }: AccessUnderTest,
  use: (bridge: NatsBridge) => Promise<T>,
): Promise<T> {
  const credentials =
    state.proof === 'jwt'
      ? ({ kind: 'creds', credsFile: credentialsFile(dir, state, 'owner') } as const)
      : ({ kind: 'user', user: 'owner', password: new Secret('own') } as const);
  const connection = createConnection({ servers: url, credentials });
  const bridge = new NatsBridge(CONFIG, { connection });
  try {
    return await use(bridge);
  } finally {
    await bridge.close();
    await connection.close();
  }
}

async function startWorker(access: AccessUnderTest, executions: Execution[], gate: Promise<void>) {
  const connection = access.connect('general');
  const worker = createWorker({
    connection,
    concurrency: 1,
    ...WORKER,
    handlers: {
      async authorize({ router_data: { attempt_id: attemptId } }, { attempt }) {
        executions.push({ attemptId, attempt });
        if (attemptId === 'att_held') await gate;
        return { status: 'success', transaction_id: `txn_${attemptId}_${attempt}` };
      },
    },
  });
  await worker.start();
  return worker;
}

const authorize = (bridge: NatsBridge, attempt: string, changes: Partial<RouterData> = {}) =>
  bridge.authorize({ ...routerData(MERCHANT, attempt), ...changes });
const OTHER_AMOUNT = { request: { amount: { minor_amount: 9_900, currency: 'EUR' } } };

describe.each<[Proof]>([['nkeys'], ['jwt']])(
  'a sealed and signed installation with %s, restored',
  (proof) => {
    let bridge: NatsBridge;
    let access: AccessUnderTest;
    const executions: Execution[] = [];

    beforeAll(async () => {
      const old = await startInstallation(proof);
      const first = bridgeOf(old);
      await first.prepare();
      const notary = keepNotary(first);
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const worker = await startWorker(old, [], gate);
      expect(await authorize(first, 'att_answered')).toMatchObject({ transactionId: 'txn_att_answered_1' });
      const held = authorize(first, 'att_held');
      await until(
        'somebody has it in hand',
        async () =>
          (await first.ledger.findLatest(MERCHANT, 'authorize:att_held'))?.record.state === 'claimed',
      );
      const waiting = [authorize(first, 'att_waiting'), authorize(first, 'att_other')];
      await until(
        'the archive has all four',
        async () => (await streamState(first.connection, 'PAYMENTS_ARCHIVE')).messages === 4,
      );
      await notary.catchUp();
      const { path } = await asOwner(old, (owner) => createBackup(owner, { folder, tool: 'test' }));
      open();
      await Promise.all([held, ...waiting]);
      await Promise.all([notary.close(), worker.stop()]);
      await first.close();

      access = await startInstallation(proof);
      const restored = await asOwner(access, async (owner) =>
        restoreBackup(owner, await planRestore(owner, path), { actor: { who: 'jo', why: 'lost' } }),
      );
      expect(restored).toEqual({ doubts: { open: 3, interventions: 3 }, notes: [] });
      bridge = bridgeOf(access);
      await bridge.prepare();
      const again = await startWorker(access, executions, Promise.resolve());
      closers.push(() => again.stop());
    });

    it('gives a repeat its first answer, which is still opened and believed, and runs nothing', async () => {
      expect(await authorize(bridge, 'att_answered')).toMatchObject({ transactionId: 'txn_att_answered_1' });
      expect(executions).toEqual([]);
      expect(bridge.stats().refusedReplies).toBe(0);
    });

    it('refuses a repeat that asks for something else, though only a sealed request told what was asked', async () => {
      await expect(authorize(bridge, 'att_other', OTHER_AMOUNT)).rejects.toThrow(ValidationError);
      expect(executions).toEqual([]);
    });

    it('executes a repeat of what was open as another attempt', async () => {
      for (const attempt of ['att_held', 'att_waiting'])
        expect(await authorize(bridge, attempt)).toMatchObject({ transactionId: `txn_${attempt}_2` });
      expect(executions).toEqual(['att_held', 'att_waiting'].map((attemptId) => ({ attemptId, attempt: 2 })));
    });

    it('carries a new payment, under the credentials of bridge and worker alone', async () => {
      expect(await authorize(bridge, 'att_new')).toMatchObject({ transactionId: 'txn_att_new_1' });
      expect(access.log()).not.toContain('Violation');
    });

    it('has letters whose sealed requests a person can send again', async () => {
      const letters = createDeadLetters(bridge);
      closers.push(() => letters.close());
      const list = await letters.list({ queue: 'interventions' });
      const verdicts = await Promise.all(
        list.map(async (letter) => [letter.idempotencyKey, await letters.verdict(letter)] as const),
      );
      expect(Object.fromEntries(verdicts)).toEqual({
        'authorize:att_held': 'answered_yes',
        'authorize:att_waiting': 'answered_yes',
        'authorize:att_other': 'unknown',
      });
      const other = list.find(({ idempotencyKey }) => idempotencyKey === 'authorize:att_other');
      if (other === undefined) throw new Error('there is no letter');
      await letters.retry(other, { who: 'jo', why: 'the processor does not know it' }, { force: true });
      await until('its answer', () => bridge.findAnswer(MERCHANT, 'authorize:att_other'));
      expect(executions.at(-1)).toEqual({ attemptId: 'att_other', attempt: 2 });
      expect(access.log()).not.toContain('Violation');
    });

    it('has an audit that is signed from end to end, with the restore in it', async () => {
      const file = credentialsFile(access.dir, access.state, 'auditor');
      const env = {
        NATS_BRIDGE__BASE_URL: access.url,
        [`NATS_BRIDGE__AUTH__${proof === 'jwt' ? 'CREDS' : 'NKEY'}_FILE`]: file,
        NATS_BRIDGE__JETSTREAM__DOMAIN: DOMAIN,
      };
      const verified = await runCli(['audit', 'verify', '--public-key', publicSigningKey(auditSign)], env);
      expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    });
  },
);
