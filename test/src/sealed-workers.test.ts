/** Sealing in other languages: the vectors, and the example workers in Python and Go behind a bridge that seals. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSealer, newCurveSeed, publicCurveKey, readHeaders } from '@nats-bridge/messaging';
import { HEADER, requestContext, SEALED_TYPE, Secret } from '@nats-bridge/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { type SealingVectors, VECTORS_FILE } from './sealing-vectors.js';
import { APPROVED, authorizeRequest, startStack } from './stack-under-test.js';
import { DISCIPLINED_WORKERS, PYTHON, ROOT, startWorkerProcess } from './worker-process.js';

const PYTHON_FOLDER = join(ROOT, 'workers/examples/python');

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('the vectors open, or do not, as they say', () => {
  it('in TypeScript', () => {
    const { seed, sender, requests } = JSON.parse(readFileSync(VECTORS_FILE, 'utf8')) as SealingVectors;
    const sealer = createSealer({ seeds: [new Secret(seed)] });
    for (const { name, subject, headers, body, opens } of requests) {
      const open = () => sealer.open(Buffer.from(body), requestContext(subject, headers), [sender]);
      if (opens === undefined) expect(open, name).toThrow();
      else expect(Buffer.from(open().body).toString(), name).toBe(opens);
    }
  });

  it.each([
    ['Python', PYTHON, ['-m', 'unittest', 'test_sealing']],
    ['Go', join(ROOT, '.cache/go/disciplined.test'), ['-test.v', '-test.run', 'TestVectors']],
  ] as const)('in %s', (_, program, args) => {
    const env = { ...process.env, VECTORS: VECTORS_FILE };
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: PYTHON_FOLDER,
      env,
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
    expect(stdout + stderr).toMatch(/Ran 1 test|PASS: TestVectors/);
  });
});

describe.each(DISCIPLINED_WORKERS)('a worker in %s', (_, command, transactionPrefix) => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-sealed-worker-'));
  const newKey = (name: string) => {
    const seed = newCurveSeed();
    const file = join(folder, name);
    writeFileSync(file, `${seed.reveal()}\n`, { mode: 0o600 });
    return { file, publicKey: publicCurveKey(seed) };
  };
  const bridgeKey = newKey('bridge.xk');
  const poolKey = newKey('pool.xk');

  async function scene(seals: { readonly bridge: boolean; readonly worker: boolean }) {
    const stack = await startStack({
      sandbox: false,
      config: seals.bridge ? { sealing: { seed_files: [bridgeKey.file], workers: [poolKey.publicKey] } } : {},
    });
    closers.push(() => stack.close());
    const heard: { text: string; type: string | undefined }[] = [];
    (await stack.nats()).subscribe('hyperswitch.>', {
      callback: (_error, message) => {
        heard.push({ text: message.string(), type: readHeaders(message)[HEADER.contentType] });
      },
    });
    const env = {
      NATS_URL: stack.server.url,
      ...(seals.worker && { SEAL_SEED_FILES: poolKey.file, SEAL_BRIDGES: bridgeKey.publicKey }),
    };
    const worker = await startWorkerProcess(command, env, 'started');
    closers.push(() => worker.stop());
    return { stack, heard, worker };
  }

  it('opens what the bridge sealed, and its answer is for bridges only', async () => {
    const { stack, heard, worker } = await scene({ bridge: true, worker: true });
    const authorize = () => stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    const first = await authorize();
    expect(first.status).toBe('CHARGED');
    expect(String(first.connector_transaction_id)).toContain(transactionPrefix);
    expect((await authorize()).connector_transaction_id).toBe(first.connector_transaction_id);
    const id = {
      merchant_transaction_id: 'att_1',
      connector_transaction_id: String(first.connector_transaction_id),
    };
    // A question has no record: its answer is published, sealed too.
    expect((await stack.call('PaymentService/Get', id, 'att_1')).status).toBe('CHARGED');

    expect(worker.executions()).toHaveLength(1);
    const types = heard.map(({ type }) => type).filter((type) => type !== undefined);
    expect(types.length).toBeGreaterThanOrEqual(4);
    expect(new Set(types)).toEqual(new Set([SEALED_TYPE]));
    const wire = heard.map(({ text }) => text).join('\n');
    for (const mark of [APPROVED, transactionPrefix]) expect(wire).not.toContain(mark);
  });

  it('reduces an answer that is too large for a message only when it is sealed', async () => {
    const { stack, worker } = await scene({ bridge: true, worker: true });
    const answer = await stack.call('PaymentService/Authorize', authorizeRequest('att_large'), 'att_large');
    expect(answer.status).toBe('CHARGED');
    expect(worker.executions()).toHaveLength(1);
    expect(worker.printed()).toContain('authorize: the answer was reduced');
  });

  it.each([
    ['in clear, where it has keys', { bridge: false, worker: true }],
    ['sealed, where it has none', { bridge: true, worker: false }],
  ])('refuses a request %s, and runs nothing', async (_what, seals) => {
    const { stack, worker } = await scene(seals);
    const { status } = await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    expect(status).not.toBe('CHARGED');
    expect(worker.executions()).toEqual([]);
  });
});
