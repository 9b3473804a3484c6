/** What a person sees of an operation and of letters at the command line, and does there. */
import { once } from 'node:events';
import { jetstream } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { runCli, startCli } from './cli-process.js';
import { broken, deadLettersScene } from './dead-letters-scene.js';
import { neverSent } from './never-sent.js';
import { MERCHANT } from './stack-under-test.js';
import { until } from './until.js';

const scene = deadLettersScene();
const { audited, authorize, keep, oneLetter, workerWith } = scene;

describe('nats-bridge ledger', () => {
  it('says how far an operation has come, and what that survives', async () => {
    await workerWith(() => ({ status: 'success', transaction_id: 'txn_1' }));
    await authorize('att_1');
    const ledger = (...args: string[]) =>
      runCli(['ledger', MERCHANT, ...args], { NATS_BRIDGE__BASE_URL: scene.stack.server.url });
    const { stdout, code } = await ledger('authorize:att_1');
    expect(code).toBe(0);
    for (const line of [
      /^authorize:att_1 +answered$/m,
      /^payment +pay_of_att_1$/m,
      /^requested +20/m,
      /^delivered +20/m,
      /^attempts +1$/m,
      /^answer +success, txn_1$/m,
      /^survives +process: /m,
    ])
      expect(stdout).toMatch(line);
    expect(JSON.parse((await ledger('authorize:att_1', '--json')).stdout)).toMatchObject({
      merchant_id: MERCHANT,
      payment_id: 'pay_of_att_1',
      state: 'answered',
      attempts: 1,
      status: 'success',
      transaction_id: 'txn_1',
      survives: 'process',
    });
    expect(await ledger('authorize:att_2')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no worker has begun authorize:att_2'),
    });
  });
});

describe('nats-bridge dlq', () => {
  const environment = () => ({
    NATS_BRIDGE__BASE_URL: scene.stack.server.url,
    NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
    NATS_BRIDGE__JETSTREAM__ACK_WAIT: '1000',
    NATS_BRIDGE__JETSTREAM__MAX_DELIVER: '2',
  });
  const dlq = (...args: string[]) => runCli(['dlq', ...args], environment());

  it('shows what was given up, refuses what is not safe, and records what a person decides', async () => {
    keep();
    await workerWith(broken);
    await authorize('att_1');
    await oneLetter();
    const { stdout, code } = await dlq('list', '--since', '1h');
    expect(code).toBe(0);
    const [head, line] = stdout.split('\n');
    expect(head?.split(/\s{2,}/)).toEqual([
      'letter',
      'given up',
      'merchant',
      'payment',
      'operation',
      'verdict',
      'reason',
    ]);
    expect(line).toMatch(/^i1 .* merchant_1 +pay_\w+ +authorize +unknown +max_deliver, TypeError$/);
    expect((await dlq('list', '--merchant', 'nobody')).stdout).toBe('No letters.\n');

    const shown = await dlq('show', 'i1');
    expect(shown.stdout).toContain('unknown: it may have been charged: ask the processor');
    expect(shown.stdout).not.toContain('4242');
    expect(JSON.parse((await dlq('show', 'i1', '--json')).stdout)).toMatchObject({
      name: 'i1',
      queue: 'interventions',
      merchant_id: MERCHANT,
      idempotency_key: 'authorize:att_1',
      verdict_now: 'unknown',
      request_bytes: expect.any(Number),
    });

    const plan = await dlq('retry', '--queue', 'interventions', '--dry-run', '--json');
    const left = { skipped: { unknown: 1 }, failed: [] };
    expect(JSON.parse(plan.stdout)).toEqual({ would_retry: 0, ...left, eta_ms: 0 });
    const retried = await dlq('retry', 'i1', '--reason', 'x', '--json');
    expect(JSON.parse(retried.stdout)).toEqual({ retried: 0, ...left, duration_ms: expect.any(Number) });
    expect(await dlq('retry', '--reason', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name letters or give a filter'),
    });
    expect(await dlq('discard', 'i1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("required option '--reason <text>'"),
    });
    expect(await dlq('discard', 'i1', 'd9', '--reason', 'x')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('there is no letter d9'),
    });
    expect(await dlq('list', '--operation', 'authorise')).toMatchObject({
      code: 0,
      stdout: 'No letters.\n',
      stderr: expect.stringContaining('authorise is no operation; did you mean authorize?'),
    });
    expect(await dlq('show', 'x9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no letter'),
    });

    const settled = await dlq(
      'resolve',
      'i1',
      '--status',
      'success',
      '--transaction-id',
      'pi_1',
      '--reason',
      'asked',
      '--as',
      'jo',
    );
    expect(settled).toMatchObject({ code: 0, stdout: '✓ i1 is recorded as success\n' });
    expect(await dlq('show', 'i1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no letter i1: it was settled, is too old, or never was'),
    });
    expect(await audited()).toMatchObject([{ action: 'resolve', who: 'jo', why: 'asked' }]);
  });

  it('sends many again that was killed in the midst of it, and is run again: each is carried out once', async () => {
    keep();
    const attempts = Array.from({ length: 8 }, (_, index) => `att_${index}`);
    for (const attempt of attempts) await neverSent(scene.stack, authorize, attempt);
    await until('the letters', async () => (await scene.letters.list()).length === attempts.length);
    const retry = ['dlq', 'retry', '--since', '1h', '--rate', '1000', '--reason', 'there is one now'];
    const ran: string[] = [];
    let first: ReturnType<typeof startCli> | undefined;
    await workerWith((_, { idempotencyKey }) => {
      ran.push(idempotencyKey);
      if (ran.length === 3) first?.kill('SIGKILL');
      return { status: 'success', transaction_id: idempotencyKey };
    });
    first = startCli(retry, environment());
    await once(first, 'exit');
    // What it had announced, and not sent, is in doubt until a gateway has seen that it is in no stream.
    await until('all of them ran', async () => {
      expect((await runCli(retry, environment())).stderr).not.toContain('✗');
      return ran.length >= attempts.length;
    });
    expect(ran.toSorted()).toEqual(attempts.map((attempt) => `authorize:${attempt}`));
  });

  it('shows all of a reason, and says that what is malformed will come back', async () => {
    keep();
    await workerWith(broken);
    const js = jetstream(await scene.stack.nats());
    await js.publish('hyperswitch.payments.m.authorize', '{"operation":"authorize"}');
    const { reason } = await oneLetter();
    expect(reason.length).toBeGreaterThan(40);
    expect((await dlq('list')).stdout).toContain(reason);
    const plan = await dlq('retry', 'd1', '--dry-run', '--reason', 'x');
    expect(plan.stdout).toContain('malformed: d1 will come back, in doubt');
  });
});
