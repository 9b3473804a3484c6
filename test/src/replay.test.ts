/** `nats-bridge replay`: the past read again, masked and in order, and never where it could be executed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayedRequest } from '@nats-bridge/connector';
import { type StoredRecord, storedMessages } from '@nats-bridge/messaging';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveCaughtUp } from './archive-caught-up.js';
import { runCli } from './cli-process.js';
import { authorizeRequest, money, type Stack, startServer, startStack } from './stack-under-test.js';
import { ROOT } from './worker-process.js';

const DECLINED = '4000000000000002';
const TO = 'analytics.replay';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  const manager = await jetstreamManager(await stack.nats());
  await manager.streams.add({ name: 'REPLAY', subjects: ['analytics.>'], allow_direct: true });
  const id = String((await pay('att_1')).connector_transaction_id);
  await pay('att_2', DECLINED);
  const asked = { connector_transaction_id: id, amount: money(1_250), test_mode: true };
  await stack.call('PaymentService/Get', asked, 'att_1');
  await pay('att_3', undefined, { 'x-merchant-id': 'merchant_2', 'x-connector': 'stripe' });
  await archiveCaughtUp(stack);
});
afterAll(() => stack?.close());

const pay = (attempt: string, card?: string, metadata = {}) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, {}, card), attempt, metadata);
const replay = (...args: string[]) => runCli(['replay', '--nats', stack.server.url, ...args]);
async function lines(...args: string[]): Promise<ReplayedRequest[]> {
  const { stdout } = await replay('--json', ...args);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
async function kept(): Promise<StoredRecord[]> {
  const messages = [];
  for await (const message of storedMessages(stack.bridge.connection, 'REPLAY')) messages.push(message);
  return messages;
}

describe('nats-bridge replay', () => {
  it('shows what was asked and how it ended, oldest first', async () => {
    const { code, stdout } = await replay();
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^seq +stored +merchant +key +connector +outcome +detail$/),
      expect.stringMatching(/merchant_1 +authorize:att_1 +imerchantsolutions +success +pay_/),
      expect.stringMatching(/merchant_1 +authorize:att_2 +imerchantsolutions +failure +do_not_honor/),
      expect.stringMatching(/merchant_1 +sync:.* +imerchantsolutions +none$/),
      expect.stringMatching(/merchant_2 +authorize:att_3 +stripe +success +pay_/),
      '',
    ]);
  });

  it('has every request as a line of JSON, with nothing in it that must not be read', async () => {
    const all = await lines();
    expect(all).toMatchObject([
      {
        merchant_id: 'merchant_1',
        payment_id: 'pay_of_att_1',
        operation: 'authorize',
        idempotency_key: 'authorize:att_1',
        connector: 'imerchantsolutions',
        outcome: 'success',
        request: { router_data: { request: { amount: { minor_amount: 1_250, currency: 'EUR' } } } },
      },
      { outcome: 'failure', error: { code: 'do_not_honor' } },
      { operation: 'sync', outcome: 'none' },
      { merchant_id: 'merchant_2', outcome: 'success' },
    ]);
    expect(JSON.stringify(all)).not.toMatch(/\d{13}|"123"|Jo Doe|"key"/);
  });

  it.each([
    [['--merchant', 'merchant_2'], ['att_3']],
    [['--connector', 'stripe'], ['att_3']],
    [['--operation', 'sync'], ['att_1']],
    [['--payment', 'pay_of_att_2'], ['att_2']],
    [['--outcome', 'failure', 'withdrawn'], ['att_2']],
    [['--outcome', 'none'], ['att_1']],
    [['--after', '3'], ['att_3']],
    [['--until', '1h'], []],
  ])('%j finds %j', async (args, attempts) => {
    const since = args[0] === '--until' ? ['--since', '2h'] : [];
    expect(
      (await lines(...args, ...since)).map(({ payment_id }) => payment_id.replace('pay_of_', '')),
    ).toEqual(attempts);
  });

  it('publishes what was chosen, in order, as what it is, and writes it down', async () => {
    const dry = await replay('--to', TO, '--operation', 'authorize', '--dry-run');
    expect(dry.stdout).toBe('✓ 3 would be published to analytics.replay, in about 0.0 s\n');
    expect(await kept()).toEqual([]);
    const { code, stdout } = await replay('--to', TO, '--operation', 'authorize', '--reason', 'a test');
    expect(stdout).toBe('✓ 3 published to analytics.replay, kept by REPLAY\n');
    expect(code).toBe(0);
    const messages = await kept();
    expect(messages.map(({ body }) => JSON.parse(Buffer.from(body).toString()))).toEqual(
      await lines('--operation', 'authorize'),
    );
    for (const { headers } of messages) {
      expect(headers['X-Replay-Stream']).toBe('PAYMENTS_ARCHIVE');
      expect(headers['X-Replay-Id']).toBe(messages[0]?.headers['X-Replay-Id']);
      for (const name of ['X-Deadline', 'X-Reply-To', 'X-Idempotency-Key'])
        expect(headers[name]).toBeUndefined();
    }
    expect(messages.map(({ headers }) => headers['X-Replay-Seq'])).toEqual(['1', '2', '4']);
    const audit = await runCli(['audit', 'list', '--json', '--nats', stack.server.url]);
    expect(JSON.parse(audit.stdout)).toMatchObject([
      { action: 'replay', reason: 'a test', target: { to: TO, operation: 'authorize' } },
    ]);
  });

  it.each([
    ['hyperswitch.payments.merchant_1.authorize', 'workers listen on it'],
    ['hyperswitch.payments.merchant_1.sync', 'workers listen on it'],
    ['hyperswitch.operations.merchant_1.authorize.att_1', 'it is one of the bridge itself'],
    ['$JS.API.STREAM.DELETE.PAYMENTS', 'it is one of the server itself'],
    ['analytics.*', 'it is no subject to publish on'],
    ['nobody.keeps.it', 'the replay stopped after 0 messages: JetStream refused'],
  ])('is not published to %s', async (subject, why) => {
    const manager = await jetstreamManager(await stack.nats());
    const before = (await manager.streams.info('PAYMENTS')).state.last_seq;
    const { code, stderr } = await replay('--to', subject, '--reason', 'a test');
    expect(stderr).toContain(why);
    expect(code).toBe(1);
    expect((await manager.streams.info('PAYMENTS')).state.last_seq).toBe(before);
  });

  it('is not published where workers of another configuration listen', async () => {
    const { code, stderr } = await runCli(['replay', '--to', 'analytics.pay.m.authorize', '--reason', 'x'], {
      NATS_BRIDGE__BASE_URL: stack.server.url,
      NATS_BRIDGE__SUBJECTS__AUTHORIZE: 'analytics.pay.{merchant_id}.authorize',
    });
    expect(stderr).toContain('workers listen on it');
    expect(code).toBe(1);
  });

  it('says where it stopped, and goes on from there', async () => {
    const manager = await jetstreamManager(await stack.nats());
    await manager.streams.add({ name: 'SMALL', subjects: ['small'], max_msgs: 2, discard: 'new' } as never);
    const { code, stderr } = await replay('--to', 'small', '--reason', 'a test');
    expect(stderr).toMatch(/stopped after 2 messages: .*--after 2 goes on behind the last/s);
    expect(code).toBe(1);
    await manager.streams.purge('SMALL');
    const nowhere = await replay('--to', 'kept.by.nobody', '--reason', 'a test');
    expect(nowhere.stderr).toMatch(/stopped after 0 messages: .*a stream has to keep the subject/s);
    expect(nowhere.code).toBe(1);
    const again = await replay('--to', 'small', '--reason', 'a test', '--after', '2');
    expect(again.stdout).toContain('2 published to small');
  });

  it('makes nothing on a server where no bridge was', async () => {
    const { server, dispose } = await startServer();
    try {
      const { code, stderr } = await runCli(['replay', '--nats', server.url]);
      expect(stderr).toMatch(/no stream PAYMENTS_ARCHIVE, OPERATIONS, AUDIT at .*is it the right server/);
      expect(code).toBe(1);
    } finally {
      await dispose();
    }
  });
});

describe('docs/replay.md', () => {
  const page = readFileSync(join(ROOT, 'docs/replay.md'), 'utf8');
  const commands = [
    ...page.matchAll(/^(?:\$ |npx )nats-bridge ((?:replay|reconcile) .+?)(?: > \S+)?$/gm),
  ].map(([, line = '']) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain),
  );

  it('has commands', () => expect(commands.length).toBeGreaterThan(6));

  it.each(commands.map((words) => [words.join(' '), words] as const))('%s', async (_, words) => {
    const { code, stdout, stderr } = await runCli([...words, '--nats', stack.server.url]);
    expect(stderr).not.toContain('✗');
    expect([0, 3, 4]).toContain(code);
    if (words[0] === 'reconcile' && !words.includes('--json') && !words.includes('--csv'))
      expect(stdout).toMatch(/^(✓ \d+ agree|No operations that move money\.)$/m);
  });

  it('shows a line as it is', async () => {
    const [, shown = ''] = /```json\n([\s\S]+?)```/.exec(page) ?? [];
    const [declined] = await lines('--outcome', 'failure');
    expect(Object.keys(JSON.parse(shown)).sort()).toEqual(
      Object.keys(declined ?? {})
        .filter((name) => name !== 'transaction_id')
        .sort(),
    );
  });

  it('names the columns that are there', async () => {
    const heads = [...page.matchAll(/^\$ nats-bridge .*\n(.+)$/gm)].map(([, head = '']) => head.split(/ +/));
    expect(heads).toEqual([
      ['verdict', 'requested', 'merchant', 'key', 'ledger', 'processor', 'why'],
      (await replay()).stdout.split('\n')[0]?.split(/ +/),
    ]);
  });
});

describe('an archive that let go of its oldest requests', () => {
  it('is said to begin later, and what is gone is not asked about', async () => {
    const manager = await jetstreamManager(await stack.nats());
    await manager.streams.purge('PAYMENTS_ARCHIVE', { seq: 2 });
    const { code, stdout, stderr } = await replay('--operation', 'authorize');
    expect(stderr).toMatch(/the archive begins at 20.*: what was before is gone/);
    expect(stdout).not.toContain('authorize:att_1');
    expect(code).toBe(0);
    const asked = await runCli([
      ...['reconcile', '--payment', 'pay_of_att_1', '--json', '--reason', 'a test'],
      ...['--nats', stack.server.url],
    ]);
    expect(JSON.parse(asked.stdout).findings).toMatchObject([
      { verdict: 'cannot_ask', ledger: 'CHARGED', why: 'its request is in the archive no longer' },
    ]);
    expect(asked.code).toBe(4);
  });
});
