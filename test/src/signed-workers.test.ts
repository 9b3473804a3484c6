/** Signing in other languages: the vectors, and the example workers in Python and Go behind a bridge that signs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMessageSigner,
  encodeHeaders,
  newCurveSeed,
  newSigningSeed,
  publicCurveKey,
  publicSigningKey,
  readHeaders,
} from '@nats-bridge/messaging';
import {
  HEADER,
  recordHeaders,
  recordSubject,
  Secret,
  signedReplyText,
  signedRequestText,
  signedWithdrawalText,
} from '@nats-bridge/protocol';
import type { Msg } from '@nats-io/nats-core';
import { afterEach, describe, expect, it } from 'vitest';
import { SIGNING_VECTORS_FILE, type SigningVectors } from './signing-vectors.js';
import { authorizeRequest, MERCHANT, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { DISCIPLINED_WORKERS, PYTHON, ROOT, startWorkerProcess } from './worker-process.js';

const PYTHON_FOLDER = join(ROOT, 'workers/examples/python');

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('the vectors are genuine, or not, as they say', () => {
  it('in TypeScript', () => {
    const { seed, bridge, requests, replies, withdrawals } = JSON.parse(
      readFileSync(SIGNING_VECTORS_FILE, 'utf8'),
    ) as SigningVectors;
    const signer = createMessageSigner({ seeds: [new Secret(seed)], required: true });
    for (const { name, subject, headers, body, isGenuine } of requests) {
      const text = signedRequestText(subject, { body: Buffer.from(body), headers });
      const verify = () => signer.verify(text, headers, [bridge]);
      if (isGenuine) expect(verify, name).not.toThrow();
      else expect(verify, name).toThrow();
    }
    for (const { name, requestHeaders, isRecord, isRefusal, contentType, body, headers } of replies) {
      const said = (header: string) => requestHeaders[header] ?? '';
      const place = isRecord
        ? { record: said(HEADER.replyTo) }
        : { correlationId: said(HEADER.correlationId) };
      const text = signedReplyText(said(HEADER.merchantId), said(HEADER.idempotencyKey), place, {
        body: Buffer.from(body),
        headers: { [HEADER.contentType]: contentType, ...(isRefusal && { [HEADER.refusal]: '1' }) },
      });
      expect(signer.sign(text), name).toEqual(headers);
    }
    for (const { record, headers } of withdrawals)
      expect(signer.sign(signedWithdrawalText(record))).toEqual(headers);
  });

  it.each([
    ['Python', PYTHON, ['-m', 'unittest', 'test_signing']],
    ['Go', join(ROOT, '.cache/go/disciplined.test'), ['-test.v', '-test.run', 'TestSigningVectors']],
  ] as const)('in %s', (_, program, args) => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: PYTHON_FOLDER,
      env: { ...process.env, VECTORS: SIGNING_VECTORS_FILE, SIGNING_VECTORS: SIGNING_VECTORS_FILE },
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
    expect(stdout + stderr).toMatch(/Ran 1 test|PASS: TestSigningVectors/);
  });
});

describe.each(DISCIPLINED_WORKERS)('a worker in %s', (_, command, transactionPrefix) => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-signed-worker-'));
  const fileOf = (name: string, seed: Secret<string>) => {
    const file = join(folder, name);
    writeFileSync(file, `${seed.reveal()}\n`, { mode: 0o600 });
    return file;
  };
  const newKey = (name: string) => {
    const seed = newSigningSeed();
    return { file: fileOf(name, seed), publicKey: publicSigningKey(seed) };
  };
  const [bridgeKey, poolKey, stranger] = [newKey('bridge.nk'), newKey('pool.nk'), newKey('stranger.nk')];
  const curves = { bridge: newCurveSeed(), pool: newCurveSeed() };
  const sealing = {
    seed_files: [fileOf('bridge.xk', curves.bridge)],
    workers: [publicCurveKey(curves.pool)],
  };
  const sealingEnv = {
    SEAL_SEED_FILES: fileOf('pool.xk', curves.pool),
    SEAL_BRIDGES: publicCurveKey(curves.bridge),
  };

  async function scene(isSealed: boolean, signsWith = bridgeKey) {
    const stack = await startStack({
      sandbox: false,
      config: {
        signing: { seed_files: [signsWith.file], workers: [poolKey.publicKey] },
        ...(isSealed && { sealing }),
      },
    });
    closers.push(() => stack.close());
    const keys: (string | undefined)[] = [];
    const ear = (await stack.nats()).subscribe('hyperswitch.>', {
      callback: (_error, message) => {
        if (message.data.length > 0) keys.push(readHeaders(message)[HEADER.signatureKey]);
      },
    });
    const worker = await startWorkerProcess(
      command,
      {
        NATS_URL: stack.server.url,
        SIGN_SEED_FILES: poolKey.file,
        SIGN_BRIDGES: bridgeKey.publicKey,
        ...(isSealed && sealingEnv),
      },
      'started',
    );
    closers.push(() => worker.stop());
    return { stack, keys, ear, worker };
  }

  it.each([
    ['in clear', false],
    ['sealed', true],
  ])('takes what the bridge signed, %s, and its answer is signed', async (_how, isSealed) => {
    const { stack, keys, worker } = await scene(isSealed);
    const authorize = () => stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    const first = await authorize();
    expect(first.status).toBe('CHARGED');
    expect(String(first.connector_transaction_id)).toContain(transactionPrefix);
    expect((await authorize()).connector_transaction_id).toBe(first.connector_transaction_id);
    const id = {
      merchant_transaction_id: 'att_1',
      connector_transaction_id: String(first.connector_transaction_id),
    };
    // A question has no record: its answer is published, signed for this one request.
    expect((await stack.call('PaymentService/Get', id, 'att_1')).status).toBe('CHARGED');
    expect(worker.executions()).toHaveLength(1);
    expect(new Set(keys)).toEqual(new Set([bridgeKey.publicKey, poolKey.publicKey]));
  });

  it.each([
    ['in clear', false],
    ['sealed', true],
  ])('refuses a key of another request, %s, and the bridge believes that it does', async (_how, isSealed) => {
    const { stack, ear, worker } = await scene(isSealed);
    // Who listens would count as one who keeps no records: the bridge would look at them itself.
    ear.unsubscribe();
    const nats = await stack.nats();
    await nats.flush();
    const refusals: Msg[] = [];
    nats.subscribe('$JS.ACK.PAYMENTS.>', {
      callback: (_error, message) => {
        if (message.string().startsWith('{')) refusals.push(message);
      },
    });
    const claimed = { retry: 0, fingerprint: 'another', leaseUntil: Date.now() + 60_000 };
    nats.publish(recordSubject(MERCHANT, 'authorize:att_1'), '', {
      headers: encodeHeaders(recordHeaders({ ...claimed, state: 'claimed' })),
    });
    // A bridge that did not hear in time of which kind the worker is looks at the record itself, and sends nothing.
    const refusal = await until('the worker to refuse', async () => {
      expect(await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1')).toMatchObject({
        status: 'PENDING',
        error: { connector_details: { code: 'KEY_CONFLICT' } },
      });
      await nats.flush();
      return refusals[0];
    });
    expect(worker.executions()).toEqual([]);
    expect(readHeaders(refusal)).toMatchObject({
      [HEADER.refusal]: '1',
      [HEADER.signatureKey]: poolKey.publicKey,
    });
  });

  it('runs nothing that a stranger signed, and signs nothing for him', async () => {
    const { stack, keys, worker } = await scene(false, stranger);
    const { status } = await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    expect(status).not.toBe('CHARGED');
    expect(worker.executions()).toEqual([]);
    expect(keys).not.toContain(poolKey.publicKey);
  });

  it('signs that it let go of what came too late', async () => {
    const { stack, keys, worker } = await scene(false);
    const heard: { subject: string; body: Uint8Array; headers: Record<string, string> }[] = [];
    const nats = await stack.nats();
    nats.subscribe('hyperswitch.payments.*.authorize', {
      callback: (_error, message) => {
        heard.push({ subject: message.subject, body: message.data, headers: { ...readHeaders(message) } });
      },
    });
    await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
    const request = await until('the request', () => heard[0]);
    const key = 'authorize:att_late';
    const late = stack.bridge.sealing.sealRequest(MERCHANT, {
      ...request,
      headers: {
        ...request.headers,
        [HEADER.idempotencyKey]: key,
        [HEADER.replyTo]: recordSubject(MERCHANT, key),
        [HEADER.deadline]: String(Date.now() - 1),
        [HEADER.msgId]: 'late',
      },
    });
    nats.publish(late.subject, late.body, { headers: encodeHeaders(late.headers) });
    const entry = await until('it to be let go', () => stack.bridge.ledger.findLatest(MERCHANT, key));
    expect(entry.record).toMatchObject({ state: 'withdrawn', reason: 'expired' });
    expect(keys).toContain(poolKey.publicKey);
    expect(worker.executions()).toHaveLength(1);
  });
});
