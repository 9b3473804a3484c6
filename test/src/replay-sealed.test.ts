/** `nats-bridge replay` and `reconcile` where bodies are sealed: with the bridge's keys, and without them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newCurveSeed, publicCurveKey } from '@nats-bridge/messaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveCaughtUp } from './archive-caught-up.js';
import { runCli } from './cli-process.js';
import { authorizeRequest, type Stack, startStack } from './stack-under-test.js';

const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-replay-'));
let stack: Stack;
let keys: Readonly<Record<string, string>>;

function newKey(name: string): { readonly file: string; readonly publicKey: string } {
  const seed = newCurveSeed();
  const file = join(folder, name);
  writeFileSync(file, seed.reveal(), { mode: 0o600 });
  return { file, publicKey: publicCurveKey(seed) };
}

beforeAll(async () => {
  const [bridge, pool] = [newKey('bridge.xk'), newKey('pool.xk')];
  stack = await startStack({
    config: { sealing: { seed_files: [bridge.file], workers: [pool.publicKey] } },
    workerSealing: { seedFiles: [pool.file], bridges: [bridge.publicKey] },
  });
  keys = {
    NATS_BRIDGE__SEALING__SEED_FILES: bridge.file,
    NATS_BRIDGE__SEALING__WORKERS: pool.publicKey,
  };
  await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
  await archiveCaughtUp(stack);
});
afterAll(async () => {
  await stack?.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (env: Readonly<Record<string, string>>, ...args: string[]) =>
  runCli([...args, '--json', '--nats', stack.server.url], env);
const replay = async (env: Readonly<Record<string, string>>) => JSON.parse((await run(env, 'replay')).stdout);
const reconcile = async (env: Readonly<Record<string, string>>) => {
  const { code, stdout } = await run(env, 'reconcile', '--reason', 'a test', '--operation', 'authorize');
  return { code, findings: JSON.parse(stdout).findings };
};

describe('sealed requests', () => {
  it('without the keys are told by their headers alone, and nobody is asked about them', async () => {
    expect(await replay({})).toMatchObject({
      idempotency_key: 'authorize:att_1',
      outcome: 'answered',
      request: null,
      unreadable: expect.stringContaining('no key is configured'),
    });
    expect(await reconcile({})).toMatchObject({
      code: 4,
      findings: [
        { verdict: 'cannot_ask', ledger: 'answer unreadable', why: expect.stringContaining('no key') },
      ],
    });
  });

  it('with them are shown masked, and asked about', async () => {
    const line = await replay(keys);
    expect(line).toMatchObject({ outcome: 'success', request: { payment_id: 'pay_of_att_1' } });
    expect(JSON.stringify(line)).not.toMatch(/4242424242424242|Jo Doe/);
    expect(await reconcile(keys)).toMatchObject({
      code: 0,
      findings: [{ verdict: 'agrees', ledger: 'CHARGED', processor: 'CHARGED' }],
    });
  });
});
