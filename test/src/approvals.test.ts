/** Actions that need a second person: over two gateways and the command line, before a real server. */
import { createDeadLetters, keepDeadLetters, NatsBridge, readAudit } from '@nats-bridge/connector';
import { digestOf } from '@nats-bridge/gateway';
import { storedMessages } from '@nats-bridge/messaging';
import { APPROVABLE, APPROVAL_STREAM } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { neverSent } from './never-sent.js';
import { sayThere } from './say-there.js';
import { authorizeRequest, MERCHANT, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

type Json = Record<string, unknown>;
type Proposed = { done: number; proposed: { id: string; state: string; letter: string }[] };

const PEOPLE = { jo: 'admin', sam: 'admin', kim: 'admin', olga: 'operator' } as const;
type Person = keyof typeof PEOPLE;
const tokens = (Object.keys(PEOPLE) as Person[]).map((name) => ({
  name,
  role: PEOPLE[name],
  sha256: digestOf(`${name}-token`),
}));
const DOUBTFUL = ['resolve', 'race', 'refuse', 'expire', 'cli', 'meanwhile'].map((name) => `att_${name}`);
const config = {
  timeouts: { authorize: 800 },
  jetstream: { ack_wait: 1_000, max_deliver: 1 },
  approvals: { required_for: [...APPROVABLE] },
};

let stack: Stack;
let other: Stack;
const letterOf: Record<string, string> = {};
const closers: (() => unknown)[] = [];

async function ask(who: Person, path: string, body?: object, at: Stack = stack) {
  const response = await fetch(`${at.httpUrl}/admin/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${who}-token`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}
const propose = async (who: Person, path: string, body: object): Promise<string> => {
  const answer = await ask(who, path, { reason: 'asked the processor', ...body });
  expect(answer).toMatchObject({ status: 200, body: { done: 0, proposed: [{ state: 'waiting' }] } });
  return (answer.body as Proposed).proposed[0]?.id ?? '';
};
const decide = (who: Person, id: string, what: 'approve' | 'refuse', at: Stack = stack) =>
  ask(who, `/approvals/${id}/${what}`, { reason: 'looked at it too' }, at);
const actionsOn = async (attempt: string) =>
  (await readAudit(stack.bridge.connection))
    .filter(({ what }) => what.idempotencyKey === `authorize:${attempt}`)
    .map(({ action, who, what }) => [action, who, what.approved_by].filter(Boolean).join(' '));
/** As many as each of the bridges says wait. */
const waiting = async () =>
  (await Promise.all([stack, other].map(({ bridge }) => bridge.figures()))).map(
    (figures) => figures?.approvalsWaiting,
  );
const isThere = async (attempt: string) => (await ask('jo', `/letters/${letterOf[attempt]}`)).status === 200;
const answerTo = (attempt: string) => stack.bridge.findAnswer(MERCHANT, `authorize:${attempt}`);
const authorize = (attempt: string) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt);

async function namesOfLetters(attempts: readonly string[]): Promise<void> {
  await until('the letters', async () => {
    const { items } = (await ask('jo', '/letters?limit=500')).body as {
      items: { name: string; idempotency_key: string }[];
    };
    for (const { name, idempotency_key } of items) letterOf[idempotency_key.replace('authorize:', '')] = name;
    return attempts.every((attempt) => attempt in letterOf) ? true : undefined;
  });
}

beforeAll(async () => {
  const admin = { tokens, rate_limit: 1_000 };
  stack = await startStack({ sandbox: false, config, admin });
  other = await startStack({ sandbox: false, config, admin, runningServer: stack.server });
  const keeper = keepDeadLetters(stack.bridge);
  closers.push(() => keeper.close());
  await neverSent(stack, authorize, 'att_edit');
  const failing = createWorker({
    servers: stack.server.url,
    handlers: {
      authorize: () => {
        throw new TypeError('no');
      },
    },
  });
  await failing.start();
  await Promise.all(DOUBTFUL.map(authorize));
  await namesOfLetters(['att_edit', ...DOUBTFUL]);
  await failing.stop();
  await sayThere(stack);
}, 120_000);
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  await other?.close();
  await stack?.close();
});

describe('an action that needs a second person', () => {
  it('waits, is never done by who proposed it, and is done once by another, with both names', async () => {
    const id = await propose('jo', `/letters/${letterOf.att_resolve}/resolve`, {
      status: 'success',
      transaction_id: 'pi_found',
    });
    expect(await waiting()).toEqual([1, 1]);
    expect(await answerTo('att_resolve')).toBeUndefined();
    expect((await ask('olga', '/approvals?waiting=true', undefined, other)).body).toMatchObject({
      items: [
        {
          id,
          action: 'resolve',
          by: 'jo',
          letter: letterOf.att_resolve,
          settled: { status: 'success', transaction_id: 'pi_found' },
        },
      ],
      required_for: [...APPROVABLE],
    });
    expect(await decide('jo', id, 'approve', other)).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('another person has to approve it') } },
    });
    expect(await answerTo('att_resolve')).toBeUndefined();
    expect(await isThere('att_resolve')).toBe(true);

    expect(await decide('olga', id, 'approve', other)).toMatchObject({
      status: 200,
      body: { state: 'done', by: 'jo', decided: { by: 'olga', reason: 'looked at it too' } },
    });
    expect(await answerTo('att_resolve')).toMatchObject({ status: 'success', transaction_id: 'pi_found' });
    expect(await isThere('att_resolve')).toBe(false);
    expect(await waiting()).toEqual([0, 0]);
    expect(await actionsOn('att_resolve')).toEqual(['propose jo', 'approve olga', 'resolve jo olga']);

    expect(await decide('sam', id, 'approve')).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('was approved by olga already') } },
    });
    expect(await actionsOn('att_resolve')).toHaveLength(3);
  });

  it('is done once when many approve at the same moment over two gateways', async () => {
    const ran: string[] = [];
    const id = await propose('jo', '/letters/retry', { names: [letterOf.att_race], force_unknown: true });
    const answers = await Promise.all(
      (['sam', 'kim', 'sam', 'kim', 'sam', 'kim'] as const).map((who, index) =>
        decide(who, id, 'approve', index % 2 === 0 ? stack : other),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    const winner = answers.find(({ status }) => status === 200)?.body as { decided: { by: string } };
    const { by } = winner.decided;
    expect(await actionsOn('att_race')).toEqual(['propose jo', `approve ${by}`, `retry jo ${by}`]);
    const worker = createWorker({
      servers: stack.server.url,
      handlers: {
        authorize: (_, { idempotencyKey }) => {
          ran.push(idempotencyKey);
          return { status: 'success', transaction_id: 'txn_again' };
        },
      },
    });
    await worker.start();
    closers.push(() => worker.stop());
    await until('its answer', () => answerTo('att_race'));
    const manager = await jetstreamManager(await stack.nats());
    await until('nothing is left to run', async () => {
      const info = await manager.consumers.info('PAYMENTS', 'hyperswitch-consumer-authorize');
      return info.num_pending + info.num_ack_pending === 0 ? true : undefined;
    });
    expect(ran).toEqual(['authorize:att_race']);
  });

  it('does nothing when it is refused, and may be proposed again; one at a time for a letter', async () => {
    const order = { status: 'failure' };
    const path = `/letters/${letterOf.att_refuse}/resolve`;
    const id = await propose('jo', path, order);
    expect(await ask('kim', path, { ...order, reason: 'me too' })).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining(`has a proposal already, ${id} by jo`) } },
    });
    expect(await decide('sam', id, 'refuse', other)).toMatchObject({
      status: 200,
      body: { state: 'refused' },
    });
    expect(await decide('kim', id, 'approve')).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('was refused by sam already') } },
    });
    expect(await waiting()).toEqual([0, 0]);
    const again = await propose('kim', path, order);
    expect(again).not.toBe(id);
    expect(await waiting()).toEqual([1, 1]);
    await until('the metric', async () => {
      const text = await (await fetch(`${stack.httpUrl}/metrics`)).text();
      return /^nats_bridge_approvals_waiting 1$/m.test(text) ? true : undefined;
    });
    // Who proposed it takes it back.
    expect(await decide('kim', again, 'refuse')).toMatchObject({ body: { state: 'refused' } });
    expect(await answerTo('att_refuse')).toBeUndefined();
    expect(await isThere('att_refuse')).toBe(true);
    expect(await ask('jo', `/approvals/${id}`)).toMatchObject({ body: { state: 'refused', by: 'jo' } });
  });

  it('does nothing once it has expired', async () => {
    const hasty = new NatsBridge({
      ...config,
      base_url: stack.server.url,
      jetstream: { ...config.jetstream, num_replicas: 1 },
      approvals: { ...config.approvals, expires_after: '300ms' },
    });
    const letters = createDeadLetters(hasty);
    closers.push(
      () => hasty.close(),
      () => letters.close(),
    );
    const [queue, seq] = ['interventions', Number(letterOf.att_expire?.slice(1))] as const;
    const letter = await letters.get(queue, seq);
    if (letter === undefined) throw new Error('no letter');
    const acted = await letters.discard(letter, { who: 'jo', why: 'a test' });
    if (acted.kind !== 'proposed') throw new Error('it was done');
    const { id } = acted.proposal;
    await until('it expires', async () =>
      (await letters.approvals.get(id))?.state === 'expired' ? true : undefined,
    );
    for (const what of ['approve', 'refuse'] as const)
      expect(await decide('sam', id, what)).toMatchObject({
        status: 409,
        body: { error: { message: expect.stringContaining('has expired; propose it again') } },
      });
    expect(await isThere('att_expire')).toBe(true);
    expect((await ask('jo', '/approvals?waiting=true')).body).toMatchObject({ items: [] });
    expect(await waiting()).toEqual([0, 0]);
  });

  it('is not done when the letter was dealt with meanwhile, and says so', async () => {
    const id = await propose('jo', '/letters/discard', { names: [letterOf.att_meanwhile] });
    const manager = await jetstreamManager(await stack.nats());
    await manager.streams.deleteMessage('INTERVENTIONS', Number(letterOf.att_meanwhile?.slice(1)));
    expect(await decide('sam', id, 'approve')).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('is gone: it was dealt with meanwhile') } },
    });
    expect(await ask('jo', `/approvals/${id}`)).toMatchObject({
      body: { state: 'failed', failure: expect.stringContaining('dealt with meanwhile') },
    });
    expect(await actionsOn('att_meanwhile')).toEqual(['propose jo', 'approve sam']);
  });

  it('asks for the role of the action, and shows what an edit changes without what it holds', async () => {
    const patch = {
      amount: { minor_amount: 900 },
      payment_method: { card: { card_number: '4000056655665556' } },
    };
    const letters = createDeadLetters(stack.bridge);
    closers.push(() => letters.close());
    const letter = await letters.get('dead_letters', Number(letterOf.att_edit?.slice(1)));
    const own = letter && (await letters.retry(letter, { who: 'olga', why: 'a test' }, { patch }));
    if (own?.kind !== 'proposed') throw new Error('it was not proposed');
    expect(await decide('olga', own.proposal.id, 'refuse')).toMatchObject({ status: 200 });

    const id = await propose('jo', `/letters/${letterOf.att_edit}/edit`, { patch });
    for (const what of ['approve', 'refuse'] as const)
      expect(await decide('olga', id, what)).toMatchObject({
        status: 403,
        body: { error: { message: 'edit is for the role admin, and olga is operator' } },
      });
    const shown = await ask('olga', `/approvals/${id}`);
    expect(shown.body).toMatchObject({ action: 'edit', patch: { amount: { minor_amount: 900 } } });
    expect(JSON.stringify(shown.body)).not.toContain('400005665566');
    expect(await decide('sam', id, 'approve')).toMatchObject({ status: 200, body: { state: 'done' } });
    expect((await actionsOn('att_edit')).slice(-3)).toEqual(['propose jo', 'approve sam', 'edit jo sam']);
  });

  it('is known by an id that nobody can guess into another', async () => {
    for (const id of ['a999', 'a0', 'x1', 'a1 or'])
      expect(await decide('sam', encodeURIComponent(id), 'approve')).toMatchObject({ status: 404 });
  });

  it('cannot be taken out of the stream again', async () => {
    const manager = await jetstreamManager(await stack.nats());
    await expect(manager.streams.purge(APPROVAL_STREAM)).rejects.toThrow(/not permitted/);
    let kept = 0;
    for await (const _ of storedMessages(stack.bridge.connection, APPROVAL_STREAM)) kept++;
    expect(kept).toBeGreaterThan(0);
  });
});

describe('nats-bridge dlq', () => {
  const dlq = (...args: string[]) => runCli(['dlq', ...args], env());
  const env = () => ({
    NATS_BRIDGE__BASE_URL: stack.server.url,
    NATS_BRIDGE__APPROVALS__REQUIRED_FOR: APPROVABLE.join(','),
  });

  it('proposes, lists, refuses who proposed it, and does it for another', async () => {
    const name = letterOf.att_cli ?? '';
    const proposed = await dlq('discard', name, '--as', 'jo', '--reason', 'settled by hand');
    const [, id = ''] = /dlq approve (a\d+)$/m.exec(proposed.stdout) ?? [];
    expect(proposed).toMatchObject({ code: 0, stdout: expect.stringContaining('waits for a second person') });
    expect((await dlq('approvals')).stdout).toMatch(
      new RegExp(`^${id} +waiting +discard +${name} .* jo `, 'm'),
    );
    expect(JSON.parse((await dlq('approvals', id, '--json')).stdout)).toEqual(
      (await ask('jo', `/approvals/${id}`)).body,
    );
    expect((await runCli(['doctor'], env())).stdout).toContain('1 wait for a second person');
    expect(await dlq('approve', id, '--as', 'JO', '--reason', 'sure')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('another person has to approve it'),
    });
    expect(await isThere('att_cli')).toBe(true);
    expect(await dlq('approve', id, '--as', 'sam', '--reason', 'looked')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`discard of ${name}, proposed by jo, was done`),
    });
    expect(await isThere('att_cli')).toBe(false);
    expect((await dlq('approvals')).stdout).toBe('Nothing waits for a second person.\n');
    expect((await dlq('approvals', id)).stdout).toMatch(/^decided +.* by sam: looked$/m);
    expect(await dlq('refuse', id, '--as', 'kim', '--reason', 'late')).toMatchObject({ code: 1 });
    expect(await actionsOn('att_cli')).toEqual(['propose jo', 'approve sam', 'discard jo sam']);
  });
});
