/** The admin API over its socket, before real payments: who may, what is shown, and what each action does in NATS. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { keepDeadLetters, readAudit, readChain, writeAudit } from '@nats-bridge/connector';
import { digestOf } from '@nats-bridge/gateway';
import { auditSubject } from '@nats-bridge/protocol';
import { createWorker, type Handler, type Worker } from '@nats-bridge/worker';
import { jetstream } from '@nats-io/jetstream';
import { Validator } from '@seriousme/openapi-schema-validator';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { type DocumentedAnswers, documentedAnswers, type OpenApiDocument } from './documented-answers.js';
import { neverSent } from './never-sent.js';
import { APPROVED, authorizeRequest, MERCHANT, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { PYTHON, ROOT, startSpecWorker } from './worker-process.js';

const PYTHON_EXAMPLES = join(ROOT, 'workers/examples/python');

type Json = Record<string, unknown> & { items: Record<string, unknown>[] };
type Answer = { readonly status: number; readonly body: Json; readonly headers: Headers };

const TOKENS = { viewer: 'viewer-token', operator: 'operator-token', admin: 'admin-token' } as const;
type Role = keyof typeof TOKENS;
type Ask = RequestInit & { readonly role?: Role; readonly token?: string; readonly at?: Stack };

const tokens = (Object.keys(TOKENS) as Role[]).map((role) => ({
  name: `${role}_jo`,
  role,
  sha256: digestOf(TOKENS[role]),
}));

const config = { timeouts: { authorize: 3_000 }, jetstream: { ack_wait: 1_000, max_deliver: 1 } };
const admin = { tokens, rate_limit: 1_000 };

let stack: Stack;
/** undefined while it is not read yet, and where something is asked that is not there. */
let documented: DocumentedAnswers | undefined;
const closers: (() => unknown)[] = [];
/** Of one test, which may fail before it stops them. */
const workers: Worker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});

async function ask(path: string, init: Ask = {}): Promise<Answer> {
  const { role = 'viewer', token = TOKENS[role], at = stack, headers, ...rest } = init;
  const response = await fetch(`${at.httpUrl}/admin/v1${path}`, {
    ...rest,
    headers: { ...(token !== '' && { Authorization: `Bearer ${token}` }), ...headers },
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const body = (type.includes('json') ? JSON.parse(text) : { text }) as Json;
  const { status } = response;
  // Every answer to this file is one that the document speaks of.
  const faults = documented?.faults((rest.method ?? 'GET').toLowerCase(), path, { status, type, body });
  expect(faults ?? [], `${rest.method ?? 'GET'} ${path}`).toEqual([]);
  return { status: response.status, body, headers: response.headers };
}
const post = (path: string, body: object, role: Role = 'operator', at: Stack = stack) =>
  ask(path, {
    at,
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
    role,
  });

const authorize = (attempt: string, changes = {}) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, changes), attempt);

async function workerWith(handler: Handler): Promise<Worker> {
  const worker = createWorker({
    servers: stack.server.url,
    name: 'admin-test',
    handlers: { authorize: handler },
  });
  workers.push(worker);
  await worker.start();
  return worker;
}

/** A request that a worker gave back before it began: safe to send again. */
async function letterNeverSent(attempt: string): Promise<string> {
  await neverSent(stack, authorize, attempt);
  return letterOf(attempt);
}

const letterOf = (attempt: string) =>
  until(`the letter of ${attempt}`, async () => {
    const { body } = await ask('/letters');
    return body.items.find(({ idempotency_key }) => idempotency_key === `authorize:${attempt}`)
      ?.name as string;
  });

const rowOf = (attempt: string) =>
  until(`the row of ${attempt}`, async () => {
    const { body } = await ask(`/payments?q=${attempt}`);
    return body.items[0]?.state === 'answered' ? body.items[0] : undefined;
  });

beforeAll(async () => {
  stack = await startStack({ sandbox: false, config, admin });
  const keeper = keepDeadLetters(stack.bridge);
  closers.push(() => keeper.close());
  documented = documentedAnswers((await ask('/openapi.json')).body as unknown as OpenApiDocument);
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  await stack.close();
});

describe('who may', () => {
  it.each([
    ['without a token', { token: '' }],
    ['with a token that nobody gave out', { token: 'wrong' }],
  ])('nobody %s', async (_what, options) => {
    const { status, body, headers } = await ask('/session', options);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(body).toEqual({
      error: { code: 'UNAUTHENTICATED', message: expect.stringMatching(/send Authorization/) },
    });
  });

  it('says whose token it is', async () => {
    expect((await ask('/session', { role: 'operator' })).body).toEqual({
      who: 'operator_jo',
      role: 'operator',
    });
  });

  it.each([
    ['a viewer retries', '/letters/retry', { names: ['d1'], reason: 'x' }, 'viewer'],
    ['a viewer discards', '/letters/discard', { names: ['d1'], reason: 'x' }, 'viewer'],
    ['an operator edits', '/letters/d1/edit', { patch: {}, reason: 'x' }, 'operator'],
    ['an operator forces', '/letters/retry', { names: ['d1'], force_unknown: true, reason: 'x' }, 'operator'],
  ] as const)('not %s', async (_what, path, body, role) => {
    expect(await post(path, body, role)).toMatchObject({
      status: 403,
      body: { error: { code: 'FORBIDDEN' } },
    });
  });

  it('no page of another origin, whatever its token', async () => {
    const foreign = await ask('/session', { headers: { Origin: 'https://elsewhere.example' } });
    expect(foreign).toMatchObject({ status: 403, body: { error: { code: 'FOREIGN_ORIGIN' } } });
    expect((await ask('/session', { headers: { Origin: stack.httpUrl } })).status).toBe(200);
  });

  it('nobody who guesses, and nobody too often', async () => {
    const limited = await startStack({
      sandbox: false,
      runningServer: stack.server,
      admin: { tokens, rate_limit: 2 },
    });
    const url = `${limited.httpUrl}/admin/v1/session`;
    const statuses = async (token: string, times: number) => {
      const found = [];
      for (let time = 0; time < times; time++)
        found.push((await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).status);
      return found;
    };
    expect(await statuses(TOKENS.viewer, 3)).toEqual([200, 200, 429]);
    expect(await statuses('guess', 12)).toEqual([...Array(10).fill(401), 429, 429]);
    // Not even tried; but who was let in before is not kept out by somebody else's guesses.
    expect(await statuses(TOKENS.operator, 1)).toEqual([429]);
    await until('the viewer may ask again', async () =>
      (await statuses(TOKENS.viewer, 1))[0] === 200 ? true : undefined,
    );
    await limited.close();
  });

  it('nobody where nobody is named: the API is not there', async () => {
    const without = await startStack({ sandbox: false, runningServer: stack.server });
    expect((await fetch(`${without.httpUrl}/admin/v1/session`)).status).toBe(404);
    await without.close();
  });

  it('who has a token of the OpenID provider, with the role that it names', async () => {
    const { provider, issuer, sign } = await startProvider();
    const oidc = { issuer, audience: 'nats-bridge', roles: { payments_ops: 'operator' } };
    const withOidc = await startStack({ sandbox: false, runningServer: stack.server, admin: { oidc } });
    const session = async (token: string) =>
      (
        await fetch(`${withOidc.httpUrl}/admin/v1/session`, { headers: { Authorization: `Bearer ${token}` } })
      ).json();
    expect(await session(await sign({ roles: ['payments_ops'] }))).toEqual({ who: 'jo', role: 'operator' });
    const refused = { error: { code: 'UNAUTHENTICATED' } };
    expect(await session(await sign({ roles: ['other'] }))).toMatchObject(refused);
    expect(await session(await sign({ roles: ['payments_ops'] }, 'another-audience'))).toMatchObject(refused);
    expect(await session('a.b.c')).toMatchObject(refused);
    await withOidc.close();
    provider.close();
  });
});

describe('what is asked wrongly', () => {
  it.each([
    ['/payments?limit=0', /limit/],
    ['/payments?state=lost', /state/],
    ['/payments?from=yesterday', /from/],
    ['/payments?payment=pay_1', /payment: no such query parameter; there are q, merchant, operation, state/],
    ['/letters?since=5', /since: no such query parameter; there are queue, merchant/],
    ['/overview?q=x', /q: no such query parameter; there are none here/],
    ['/payments?cursor=x', /cursor is not one that was given/],
    ['/letters?cursor=x', /cursor is not one that was given/],
    ['/approvals?cursor=x', /cursor is not one that was given/],
    ['/audit?cursor=x', /cursor is not one that was given/],
  ])('%s is 400 and says what', async (path, message) => {
    const { status, body } = await ask(path);
    expect(status).toBe(400);
    expect((body.error as { message: string }).message).toMatch(message);
  });

  it.each([
    ['/letters/retry', {}, /names or a filter|reason/],
    ['/letters/retry', { names: ['d1'], filter: {}, reason: 'x' }, /names or a filter/],
    ['/letters/discard', { names: ['d1'], reason: ' ' }, /reason/],
    ['/letters/i1/resolve', { status: 'success', reason: 'x' }, /transaction_id/],
  ])('%s of %j is 400 and says what', async (path, body, message) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    expect((answer.body.error as { message: string }).message).toMatch(message);
  });

  it.each([
    '/letters/d999999',
    '/payments/nobody/pay_none',
    '/messages/PAYMENTS/999999',
    '/messages/KV_secret/1',
    '/jobs/x',
  ])('%s is 404', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
  });
});

describe('where the time of a call went', () => {
  type Waterfall = {
    readonly seen_by: string;
    readonly total_ms: number;
    readonly parts: readonly { readonly name: string; readonly start_ms: number; readonly ms: number }[];
  };
  const waterfallsOf = async (attempt: string) =>
    (await ask(`/payments/${MERCHANT}/pay_of_${attempt}`)).body.waterfall as Waterfall[];
  const sumOf = ({ parts }: Waterfall) => parts.reduce((sum, { ms }) => sum + ms, 0);
  const HANDLER_MS = 100;
  const PROCESSOR_MS = 300;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it('is told in parts that add up to what its caller waited', async () => {
    const worker = await workerWith(async (_, { processor }) => {
      await pause(HANDLER_MS);
      await processor(() => pause(PROCESSOR_MS));
      return { status: 'success', transaction_id: 'txn_1' };
    });
    const begunAt = performance.now();
    await authorize('att_slow');
    const waitedMs = performance.now() - begunAt;
    await rowOf('att_slow');
    const [waterfall] = await waterfallsOf('att_slow');
    if (waterfall === undefined) throw new Error('the call is not told of');
    expect(waterfall.seen_by).toBe('gateway');
    expect(sumOf(waterfall)).toBeCloseTo(waterfall.total_ms, 6);
    expect(waterfall.total_ms).toBeLessThanOrEqual(waitedMs);
    for (const [index, { start_ms, ms }] of waterfall.parts.entries())
      expect(waterfall.parts[index + 1]?.start_ms ?? waterfall.total_ms).toBeCloseTo(start_ms + ms, 6);
    const names = waterfall.parts.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['validation', 'policies', 'broker', 'handler', 'answer']));
    // A timer may be a millisecond early.
    const msOf = (part: string) => waterfall.parts.find(({ name }) => name === part)?.ms;
    expect(msOf('handler')).toBeGreaterThan(HANDLER_MS - 5);
    expect(msOf('processor')).toBeGreaterThan(PROCESSOR_MS - 5);
    await worker.stop();
  });

  it('is told of a call that was turned away, and of who it heard that from', async () => {
    await authorize('att_away');
    await authorize('att_away');
    const worker = await workerWith(() => ({ status: 'success', transaction_id: 'txn_1' }));
    await until('a worker is seen', async () => (await authorize('att_away')).status === 'CHARGED');
    await rowOf('att_away');
    const { body } = await ask(`/payments/${MERCHANT}/pay_of_att_away`);
    const heard = (body.timeline as { kind: string; detail: string }[]).filter(
      ({ kind }) => kind === 'heard',
    );
    expect(heard[0]?.detail).toMatch(/^NO_WORKERS_AVAILABLE after /);
    expect(heard.at(-1)?.detail).toMatch(/^success after /);
    const waterfalls = await waterfallsOf('att_away');
    expect(waterfalls.length).toBe(heard.length);
    for (const waterfall of waterfalls) expect(sumOf(waterfall)).toBeCloseTo(waterfall.total_ms, 6);
    await worker.stop();
  });
});

describe('payments', () => {
  it('are found, told in order, and masked', async () => {
    const worker = await workerWith(() => ({
      status: 'success',
      transaction_id: 'txn_1',
      amount_captured: 1_250,
    }));
    await authorize('att_shown');
    const row = await rowOf('att_shown');
    expect(row).toMatchObject({
      merchant_id: MERCHANT,
      payment_id: 'pay_of_att_shown',
      operation: 'authorize',
      status: 'success',
      attempts: 1,
    });
    const { body } = await ask(`/payments/${MERCHANT}/pay_of_att_shown`);
    expect(body.operations).toMatchObject([{ transaction_id: 'txn_1', state: 'answered' }]);
    type Moment = { kind: string; at: string; source: { stream: string; seq: number } };
    // A bridge that did not hear in time that the worker keeps the record has one of its own.
    const timeline = (body.timeline as Moment[]).filter(({ kind }) => kind !== 'sent');
    const kinds = timeline.map(({ kind }) => kind);
    expect(kinds.slice(0, 3)).toEqual(['circuit', 'requested', 'claimed']);
    // The answer is heard as it passes: its caller may have it before it is stored.
    expect(kinds.slice(3).toSorted()).toEqual(['answered', 'heard']);
    expect(timeline[0]).toMatchObject({ circuit: 'closed', connector: 'imerchantsolutions' });

    const { stream, seq } = timeline[1]?.source ?? { stream: '', seq: 0 };
    const masked = await ask(`/messages/${stream}/${seq}`);
    const text = JSON.stringify(masked.body);
    for (const secret of [APPROVED, '"123"', '"key"', 'Jo Doe']) expect(text).not.toContain(secret);
    expect(masked.body.body).toMatchObject({
      router_data: {
        attempt_id: 'att_shown',
        connector_auth_type: { auth_type: 'HeaderKey', api_key: '***' },
        request: {
          amount: { minor_amount: 1_250, currency: 'EUR' },
          payment_method: { card: { card_number: '***4242', card_cvc: '***' } },
        },
      },
    });

    const raw = `/messages/${stream}/${seq}?raw=true&reason=the+payer+complained`;
    expect((await ask(raw, { role: 'operator' })).status).toBe(403);
    expect((await ask(`/messages/${stream}/${seq}?raw=true`, { role: 'admin' })).status).toBe(400);
    const whole = await ask(raw, { role: 'admin' });
    expect(JSON.stringify(whole.body)).toContain(APPROVED);
    expect((await readAudit(stack.bridge.connection)).at(-1)).toMatchObject({
      action: 'show_raw',
      who: 'admin_jo',
      why: 'the payer complained',
      what: { stream, seq },
    });
    await worker.stop();
  });

  it('are read page by page, each once, and as a file', async () => {
    const worker = await workerWith((_, { idempotencyKey }) => ({
      status: 'success',
      transaction_id: idempotencyKey,
    }));
    const attempts = Array.from({ length: 5 }, (_, index) => `att_page_${index}`);
    for (const attempt of attempts) await authorize(attempt);
    await rowOf('att_page_4');
    const seen: unknown[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await ask(`/payments?q=att_page&limit=2${cursor}`);
      expect(body.total).toBe(5);
      seen.push(...body.items.map(({ idempotency_key }) => idempotency_key));
      if (body.next_cursor === undefined) break;
      cursor = `&cursor=${String(body.next_cursor)}`;
    }
    expect(seen).toEqual(attempts.map((attempt) => `authorize:${attempt}`).reverse());
    const { body, headers } = await ask('/payments.csv?q=att_page&sort=oldest');
    expect(headers.get('content-disposition')).toContain('payments.csv');
    const lines = String(body.text).trim().split('\r\n');
    expect(lines[0]).toMatch(/^at,merchant_id,payment_id,operation,/);
    expect(lines.slice(1).map((line) => line.split(',')[4])).toEqual(
      attempts.map((attempt) => `authorize:${attempt}`),
    );
    await worker.stop();
  });

  it('are seen live, with the overview', async () => {
    const worker = await workerWith(() => ({ status: 'success', transaction_id: 'txn_live' }));
    const ending = new AbortController();
    const response = await fetch(`${stack.httpUrl}/admin/v1/live`, {
      headers: { Authorization: `Bearer ${TOKENS.viewer}` },
      signal: ending.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>)
        text += Buffer.from(chunk).toString();
    })().catch(() => {});
    await authorize('att_live');
    await until('the payment', () => (text.includes('"authorize:att_live"') ? true : undefined));
    await until('the overview', () => (text.includes('event: overview') ? true : undefined));
    ending.abort();
    await reading;
    const { body } = await until('a second to end', async () => {
      const answer = await ask('/overview');
      return Number(answer.body.throughput_per_s) > 0 ? answer : undefined;
    });
    expect(body).toMatchObject({
      in_flight: 0,
      in_flight_limit: 1_000, // the door's, which is below the connector's
      path: {
        broker: { connected: true },
        stream: { name: 'PAYMENTS' },
        workers: { alive: 1, capacity: 64 },
      },
    });
    expect((body.series as { calls: number }[]).some(({ calls }) => calls > 0)).toBe(true);
    expect((body.operations as Json[])[0]).toMatchObject({ operation: 'authorize', unknown: 0 });
    await worker.stop();
  });
});

describe('the overview, where no worker has the SDK', () => {
  const subscribe = async ({ nats }: Stack) => {
    const subscription = (await nats()).subscribe('hyperswitch.payments.*.authorize', {
      queue: 'workers',
      callback: (_, message) => {
        const { correlation_id } = message.json<{ correlation_id: string }>();
        message.respond(JSON.stringify({ status: 'success', transaction_id: 'txn_plain', correlation_id }));
      },
    });
    await (await nats()).flush();
    return { stop: async () => subscription.unsubscribe() };
  };

  it.each([
    ['nobody listens', 'no_workers', undefined],
    ['a plain subscriber answers', 'quiet', subscribe],
    [
      "the specification's Python worker answers",
      'quiet',
      ({ server }: Stack) => startSpecWorker([PYTHON, join(PYTHON_EXAMPLES, 'naive_worker.py')], server.url),
    ],
  ] as const)('%s: %s', async (_what, standing, startOther) => {
    const at = await startStack({ sandbox: false, config, admin });
    const other = await startOther?.(at);
    try {
      const { body } = await until('the broker to be asked', async () => {
        const answer = await ask('/overview', { at });
        return (answer.body.standing as Json).is === 'broker_silent' ? undefined : answer;
      });
      expect(body).toMatchObject({
        standing: { is: standing },
        path: { workers: { alive: 0, is_anybody_there: other !== undefined } },
      });
      if (other === undefined) return;
      const answer = await at.call('PaymentService/Authorize', authorizeRequest('att_other'), 'att_other');
      expect(answer).toMatchObject({ status: 'CHARGED' });
    } finally {
      await other?.stop();
      await at.close();
    }
  });
});

describe('the command line', () => {
  const cli = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli([...args, '--json'], {
      NATS_BRIDGE__BASE_URL: stack.server.url,
    });
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as Json & Json[];
  };
  const without = (object: Json, ...names: string[]) =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

  it('shows letters, operations and the audit in the same shapes', async () => {
    const worker = await workerWith(() => ({ status: 'success', transaction_id: 'txn_same' }));
    await authorize('att_paid');
    const paid = without((await rowOf('att_paid')) as Json, 'connector', 'amount');
    expect(await cli('ledger', MERCHANT, 'authorize:att_paid')).toMatchObject(paid);
    await worker.stop();

    const name = await letterNeverSent('att_same');
    expect(await cli('dlq', 'list')).toEqual((await ask('/letters')).body.items);
    const letter = without((await ask(`/letters/${name}`)).body, 'headers', 'body');
    expect(await cli('dlq', 'show', name)).toEqual({ ...letter, request_bytes: expect.any(Number) });

    expect(await cli('dlq', 'discard', name, '--reason', 'settled by hand')).toEqual({ done: 1 });
    const entries = await cli('audit', 'list');
    expect(entries.toReversed()).toEqual((await ask('/audit?limit=500')).body.items);
    expect(entries.at(-1)).toMatchObject({
      reason: 'settled by hand',
      target: { idempotency_key: 'authorize:att_same' },
    });
    const chain = without((await ask('/audit/verification')).body, 'until');
    expect(await cli('audit', 'verify', '--chain-only')).toEqual({ ...chain, records: [] });
  });
});

describe('letters', () => {
  it('are shown with their verdict, in groups, and are sent again', async () => {
    const name = await letterNeverSent('att_again');
    const { body: list } = await ask('/letters?cause=no+processor');
    expect(list.items).toMatchObject([
      { name, queue: 'dead_letters', verdict: 'never_sent', advice: expect.any(String) },
    ]);
    expect(list.groups).toMatchObject([
      { reason: 'no processor for this merchant', operation: 'authorize', count: 1 },
    ]);
    const { body: detail } = await ask(`/letters/${name}`);
    expect(detail).toMatchObject({ name, verdict_now: 'never_sent' });
    expect(JSON.stringify(detail)).not.toContain(APPROVED);

    const order = { filter: { cause: 'no processor' }, rate_per_s: 50, reason: 'the processor is back' };
    const plan = async () => (await post('/letters/retry', { ...order, dry_run: true })).body;
    expect(await plan()).toEqual({
      would_retry: 0,
      skipped: {},
      failed: [{ name, why: expect.stringContaining('no worker is there for authorize') }],
      eta_ms: 0,
    });
    const ran: string[] = [];
    const worker = await workerWith((_, { idempotencyKey }) => {
      ran.push(idempotencyKey);
      return { status: 'success', transaction_id: 'txn_again' };
    });
    expect(await plan()).toEqual({ would_retry: 1, skipped: {}, failed: [], eta_ms: 20 });
    expect(ran).toEqual([]);
    const { job } = (await post('/letters/retry', order)).body as unknown as { job: { id: string } };
    const ended = await until('the job to end', async () => {
      const { body } = await ask(`/jobs/${job.id}`);
      return body.state === 'running' ? undefined : body;
    });
    expect(ended).toMatchObject({ state: 'done', done: 1, of: 1, retried: 1, skipped: 0, failed: [] });
    await until('it ran', () => (ran.includes('authorize:att_again') ? true : undefined));
    expect((await ask(`/letters/${name}`)).status).toBe(404);
    expect((await readAudit(stack.bridge.connection)).at(-1)).toMatchObject({
      action: 'retry',
      who: 'operator_jo',
      why: 'the processor is back',
    });
    await worker.stop();
  });

  it('that may have been charged are left by a retry, and settled by a person', async () => {
    const worker = await workerWith(() => {
      throw new Error('the processor is away');
    });
    await authorize('att_doubt');
    const name = await letterOf('att_doubt');
    await worker.stop();
    expect(name).toMatch(/^i/);
    const { job } = (await post('/letters/retry', { names: [name], reason: 'x' })).body as unknown as {
      job: { id: string };
    };
    expect(
      await until('the job to end', async () => {
        const { body } = await ask(`/jobs/${job.id}`);
        return body.state === 'running' ? undefined : body;
      }),
    ).toMatchObject({ state: 'done', retried: 0, skipped: 1 });
    const resolution = { status: 'success', transaction_id: 'txn_found', reason: 'found at the processor' };
    expect(await post(`/letters/${name}/resolve`, resolution)).toMatchObject({
      status: 200,
      body: { done: 1 },
    });
    expect((await stack.bridge.ledger.findLatest(MERCHANT, 'authorize:att_doubt'))?.answer).toMatchObject({
      status: 'success',
      transaction_id: 'txn_found',
    });
    const { body } = await ask(`/payments/${MERCHANT}/pay_of_att_doubt`);
    const kinds = (body.timeline as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds).toContain('action');
    expect(kinds.at(-1)).toBe('answered');
  });

  it('are mended by an admin, and discarded with a reason', async () => {
    const asked: unknown[] = [];
    const name = await letterNeverSent('att_mended');
    const worker = await workerWith(({ router_data }) => {
      asked.push((router_data.request as { amount: object }).amount);
      return { status: 'success', transaction_id: 'txn_mended' };
    });
    const patch = { amount: { minor_amount: 900 } };
    expect((await post(`/letters/${name}/edit`, { patch, reason: 'a typo' }, 'admin')).status).toBe(200);
    await until('it ran', () => (asked.length > 0 ? true : undefined));
    expect(asked).toEqual([{ minor_amount: 900, currency: 'EUR' }]);
    await worker.stop();

    const other = await letterNeverSent('att_gone');
    expect((await post('/letters/discard', { names: [other], reason: 'a test' })).body).toEqual({ done: 1 });
    expect((await ask(`/letters/${other}`)).status).toBe(404);
    expect((await readAudit(stack.bridge.connection)).at(-1)).toMatchObject({
      action: 'discard',
      why: 'a test',
    });
  });
});

describe('lists that change while they are read', () => {
  it('go on behind the last item, though some before it were dealt with', async () => {
    const names: string[] = [];
    for (const attempt of ['att_first', 'att_second', 'att_third'])
      names.push(await letterNeverSent(attempt));
    const [first, second, third] = names as [string, string, string];
    const page = async (path: string, before?: Json) =>
      (await ask(`${path}?limit=1${before === undefined ? '' : `&cursor=${String(before.next_cursor)}`}`))
        .body;
    const namesIn = ({ items }: Json) => items.map(({ name }) => name);

    const newest = await page('/letters');
    expect(namesIn(newest)).toEqual([third]);
    await post('/letters/discard', { names: [third], reason: 'a test' });
    const next = await page('/letters', newest);
    expect(namesIn(next)).toEqual([second]);
    const audit = await page('/audit');
    await post('/letters/discard', { names: [second], reason: 'a test' });
    expect(namesIn(await page('/letters', next))).toEqual([first]);

    const [last] = audit.items;
    const [before] = (await page('/audit', audit)).items;
    expect(before?.seq).toBeLessThan(last?.seq as number);
    await post('/letters/discard', { names: [first], reason: 'a test' });
  });
});

describe('the installation', () => {
  it('shows workers, streams, breakers, the audit and the configuration, without a secret', async () => {
    const worker = await workerWith(() => ({ status: 'success' }));
    const { body: workers } = await until('the worker', async () => {
      const answer = await ask('/workers');
      return answer.body.items.length > 0 ? answer : undefined;
    });
    expect(workers.items).toMatchObject([
      {
        worker: 'admin-test',
        operations: ['authorize'],
        capacity: 64,
        weight: null,
        priority: 0,
        in_flight: 0,
      },
    ]);
    const { body: streams } = await ask('/streams');
    const payments = streams.items.find(({ name }) => name === 'PAYMENTS') as Json & { consumers: Json[] };
    expect(payments.consumers).toContainEqual(
      expect.objectContaining({ name: 'hyperswitch-consumer-authorize', own: true, pending: 0 }),
    );
    expect((await ask('/breakers')).body.limits).toMatchObject({ limit: 1_000, failures: 5 });
    const { body: audit } = await ask('/audit?who=admin_jo');
    expect(audit.items.every(({ who }) => who === 'admin_jo')).toBe(true);
    const { body: settings } = await ask('/settings');
    expect(settings.configuration).toMatchObject({ nats_bridge: { max_in_flight: 10_000 } });
    await worker.stop();
  });

  it('says whether the audit is whole, and where it breaks, to who may read it', async () => {
    const at = await startStack({ sandbox: false, config, admin });
    closers.push(() => at.close());
    const verification = async () => (await ask('/audit/verification', { at })).body;
    const whole = { intact: true, unchained: 0, signed: 0, problem_count: 0, problems: [] };
    expect(await verification()).toEqual({ ...whole, entries: 0, until: null, first: null, head: null });

    const { connection } = at.bridge;
    const begunAt = Date.now();
    for (const why of ['one', 'two'])
      await writeAudit(connection, { action: 'discard', who: 'jo', why, what: { seq: 1 } });
    const entries = await readChain(connection);
    const verified = await verification();
    expect(verified).toMatchObject({ ...whole, entries: 2, first: 1, head: entries.at(-1)?.hash });
    expect(Date.parse(String(verified.until))).toBeGreaterThanOrEqual(begunAt - 1_000);

    const last = entries.at(-1);
    const nats = jetstream(await at.nats());
    await nats.publish(auditSubject('discard'), JSON.stringify({ ...last, n: 4, why: 'three' }));
    await nats.publish(auditSubject('discard'), 'no entry');
    expect(await verification()).toMatchObject({
      intact: false,
      entries: 4,
      problem_count: 3,
      problems: [
        { n: 4, why: 'entries 3 to 3 are missing' },
        { n: 4, why: 'it was altered' },
        { n: 4, why: 'an entry after it is not part of the chain' },
      ],
    });
    expect((await ask('/audit/verification', { at, token: '' })).status).toBe(401);
  });

  it('says in OpenAPI exactly what is served', async () => {
    const { body } = await ask('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const paths = body.paths as unknown as Record<string, Record<string, { responses: object }>>;
    for (const [path, methods] of Object.entries(paths))
      for (const method of Object.keys(methods)) {
        if (path === '/live') continue; // never ends
        const real = path.replaceAll(/\{\w+\}/g, 'x');
        const { status, body } = await ask(real, { method: method.toUpperCase() });
        // Of a viewer every order is refused; what is not served would be 404 with other words.
        expect(method === 'get' ? 403 : status, `${method} ${path}`).toBe(403);
        expect(JSON.stringify(body), `${method} ${path}`).not.toContain('nothing is served here');
      }
    expect(Object.keys(paths)).toHaveLength(27);
    const nothing = { headers: { Authorization: `Bearer ${TOKENS.viewer}` } };
    expect((await fetch(`${stack.httpUrl}/admin/v1/nothing`, nothing)).status).toBe(404);
  });
});

describe('the OpenAPI document', () => {
  it('is one by the schema of OpenAPI 3.1', async () => {
    const { body } = await ask('/openapi.json');
    const validator = new Validator();
    expect(await validator.validate(body)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    const broken = { ...body, info: { title: 'without a version' } };
    expect(await validator.validate(broken)).toMatchObject({ valid: false });
  });

  it('finds out an answer that is not as it says', () => {
    const answer = { status: 200, type: 'application/json' };
    const faultsOf = (body: object) => documented?.faults('get', '/session', { ...answer, body });
    expect(faultsOf({ who: 'jo', role: 'viewer' })).toEqual([]);
    expect(faultsOf({ who: 'jo', role: 'king' })).toMatchObject([/\/role must be equal to one of/]);
    expect(faultsOf({ who: 'jo', role: 'viewer', token: 't' })).toMatchObject([/additional properties/]);
    expect(documented?.faults('get', '/nothing', { ...answer, body: {} })).toMatchObject([/not documented/]);
  });

  // Every answer in this file was compared; these are the routes that need more than its gateway has.
  it('speaks of every route that is read, and each has answered as it says', async () => {
    const name = await letterNeverSent('att_proposed');
    const at = await startStack({
      sandbox: false,
      runningServer: stack.server,
      logging: true,
      config: { ...config, approvals: { required_for: ['discard'] } },
      admin,
    });
    closers.push(() => at.close());
    const { body } = await post('/letters/discard', { names: [name], reason: 'a test' }, 'operator', at);
    const [proposed] = body.proposed as { id: string }[];
    expect((await ask('/approvals', { at })).body.items).toMatchObject([{ id: proposed?.id }]);
    expect((await ask(`/approvals/${proposed?.id}`, { at })).status).toBe(200);
    expect((await ask('/log-levels', { at, role: 'admin' })).status).toBe(200);

    const ending = new AbortController();
    const live = await fetch(`${at.httpUrl}/admin/v1/live`, {
      headers: { Authorization: `Bearer ${TOKENS.viewer}` },
      signal: ending.signal,
    });
    const type = live.headers.get('content-type') ?? '';
    expect(documented?.faults('get', '/live', { status: live.status, type, body: '' })).toEqual([]);
    ending.abort();

    const { paths } = (await ask('/openapi.json')).body as unknown as OpenApiDocument;
    const reading = Object.keys(paths).filter((path) => paths[path]?.get !== undefined);
    expect(reading.length).toBeGreaterThan(15);
    expect(reading.filter((path) => !documented?.compared.has(`get ${path}`))).toEqual([]);
  });
});

/** An OpenID provider: its configuration, its keys, and tokens that it signs. */
async function startProvider() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const provider: Server = createServer((request, response) => {
    const body = request.url?.includes('openid') ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: [key] };
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const sign = (claims: object, audience = 'nats-bridge') =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('jo')
      .setExpirationTime('5m')
      .sign(privateKey);
  return { provider, issuer, sign };
}
