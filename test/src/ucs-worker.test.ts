/** What the UCS worker makes of targets that are absent, die, are slow or refuse, and of its own death. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { ServerCredentials, status } from '@grpc/grpc-js';
import { encodeUcs, UCS_METHODS } from '@nats-bridge/protocol';
import { createGrpcTarget, createUcsWorker } from '@nats-bridge/ucs';
import { createWorker, type Handler } from '@nats-bridge/worker';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from './certificates.js';
import { runCli } from './cli-process.js';
import {
  authorizeRequest,
  MERCHANT,
  money,
  type Stack,
  type StackOptions,
  startStack,
} from './stack-under-test.js';
import { startUcsProxy } from './ucs-proxy.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

const AUTHORIZE = 'PaymentService/Authorize';
const MAIN = join(ROOT, 'packages/cli/dist/main.js');
/** Of scripts/setup-newer-glibc.mjs, for machines whose C library is too old for Prism's native library. */
const NODE_WITH_NEWER_GLIBC = join(ROOT, '.cache/newer-glibc/node');

/** As Hyperswitch writes them; a call of one's own connector with three keys. */
const CREDENTIALS = {
  'x-merchant-id': MERCHANT,
  'x-tenant-id': 'public',
  'x-lineage-ids': `merchant_id=${MERCHANT}&profile_id=pro_1`,
  'x-reference-id': 'pay_1',
  'x-request-id': '0198c0de-0000-7000-8000-000000000000',
  'x-auth': 'signature-key',
  'x-api-key': 'key',
  'x-key1': 'one',
  'x-api-secret': 'secret',
  'x-connector-config': '{"config":{"Payconex":{"api_key":"key","account_id":null}}}',
  'x-shadow-mode': 'false',
  'x-proxy-name': 'primary',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};
const VAULT = { 'x-external-vault-metadata': Buffer.from('{"vault":1}').toString('base64') };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function stackOf(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({ sandbox: false, ...options });
  closers.push(() => stack.close());
  return stack;
}

/** A bridge whose only worker forwards to `target`. */
async function forwarding(target: string, config: StackOptions['config'] = {}): Promise<Stack> {
  const stack = await stackOf({ config: { request_timeout_ms: 5_000, ...config } });
  const worker = createUcsWorker({
    servers: stack.server.url,
    target: createGrpcTarget({ target, connectTimeoutMs: 300 }),
    drainTimeoutMs: 100,
  });
  await worker.start();
  closers.push(() => worker.stop());
  return stack;
}

const authorize = (stack: Stack, attempt: string) =>
  stack.call(AUTHORIZE, authorizeRequest(attempt), attempt);
const sync = (stack: Stack, attempt: string, id: string) =>
  stack.call(
    'PaymentService/Get',
    { merchant_transaction_id: attempt, connector_transaction_id: id },
    attempt,
  );

/** A worker behind a second bridge, and the attempts it was asked to charge. */
async function processorBehind(stack: Stack, charge: Handler) {
  const charged: string[] = [];
  const worker = createWorker({
    servers: stack.server.url,
    handlers: {
      authorize: (request, context) => {
        charged.push(request.router_data.attempt_id);
        return charge(request, context);
      },
    },
    drainTimeoutMs: 100,
  });
  await worker.start();
  closers.push(() => worker.stop());
  return charged;
}

describe('a call that is forwarded', () => {
  it('arrives as it came: method, bytes and metadata', async () => {
    const far = await startStack();
    closers.push(() => far.close());
    const arrived: { name: string; bytes: string; metadata: Record<string, unknown> }[] = [];
    const target = await proxy(far, ServerCredentials.createInsecure(), async (name, call) => {
      arrived.push({ name, bytes: call.request.toString('hex'), metadata: call.metadata.getMap() });
    });
    const near = await forwarding(target);
    const payment = { merchant_transaction_id: 'att_1', amount: money(700), metadata: '{"order": 7}' };
    const calls: [string, object, Record<string, string>][] = [
      [AUTHORIZE, authorizeRequest('att_1', { metadata: '{"order": 7}', session_token: '' }), {}],
      ['PaymentService/ProxyAuthorize', { ...payment, card_proxy: { card_number: 'alias' } }, VAULT],
      ['PaymentService/TokenAuthorize', { ...payment, connector_token: 'tok' }, {}],
      ['PaymentService/Refund', { merchant_refund_id: 'r', refund_amount: money(5) }, {}],
      ['PayoutService/Create', { merchant_payout_id: 'po' }, { 'x-payout-connector': 'payconex' }],
      ['EventService/ParseEvent', { request_details: { body: '/wA=' } }, {}],
    ];
    for (const [index, [name, request, metadata]] of calls.entries()) {
      const entry = UCS_METHODS.find(({ path }) => path === `/types.${name}`);
      const bytes = Buffer.from(encodeUcs(entry?.requestType ?? '', request));
      const connector = name.startsWith('Payout') ? {} : { 'x-connector': 'payconex' };
      const sent = { ...CREDENTIALS, ...connector, ...metadata, 'x-resource-id': `resource_${index}` };
      await near.raw(name, bytes, sent);
      expect(arrived.at(-1), name).toEqual({
        name,
        bytes: bytes.toString('hex'),
        metadata: { ...sent, 'user-agent': expect.stringMatching(/^grpc-node-js/) },
      });
      expect(arrived).toHaveLength(index + 1);
    }
  });
});

describe('a target that is not there', () => {
  it('has moved nothing: what moves money has failed, a question changes nothing', async () => {
    const stack = await forwarding(`127.0.0.1:${await freePort()}`);
    const error = {
      connector_details: {
        code: 'UCS_UNREACHABLE',
        message: expect.stringMatching(/^The UCS at 127\.0\.0\.1:\d+ cannot be reached; nothing was sent$/),
      },
    };
    expect(await authorize(stack, 'att_1')).toMatchObject({ status: 'FAILURE', error });
    const asked = await sync(stack, 'att_1', 'pay_1');
    expect(asked).toMatchObject({ connector_transaction_id: 'pay_1', error });
    expect(asked).not.toHaveProperty('status');
    const question = { merchant_refund_id: 'r', connector_transaction_id: 'pay_1', refund_id: 'ref_1' };
    const refund = await stack.call('RefundService/Get', question, 'r');
    expect(refund).not.toHaveProperty('status');
    expect(refund).not.toHaveProperty('error');
  });

  it('says nothing of a payment whose customer is back from a redirect: he may have paid', async () => {
    const stack = await forwarding(`127.0.0.1:${await freePort()}`);
    const redirection_response = { params: 'redirect_status=succeeded' };
    const request = authorizeRequest('att_1', { redirection_response });
    expect(await stack.call(AUTHORIZE, request, 'att_1')).toMatchObject({
      status: 'PENDING',
      error: { connector_details: { code: 'UCS_UNREACHABLE' } },
    });
  });

  it('has read no webhook: it is failed, so that its sender comes again', async () => {
    const stack = await forwarding(`127.0.0.1:${await freePort()}`, { timeouts: { parse_webhook: 700 } });
    await expect(
      stack.call('EventService/ParseEvent', { request_details: { method: 'HTTP_METHOD_POST' } }),
    ).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringContaining('No worker has read the webhook'),
    });
  });
});

describe('a target that is killed with a payment in hand', () => {
  it('leaves it pending, with an id to ask by; a second try sends nothing', async () => {
    const far = await stackOf();
    const charged = await processorBehind(far, () => new Promise(() => {}));
    const port = await freePort();
    const gateway = await cli(['serve'], `for Hyperswitch`, {
      NATS_BRIDGE__BASE_URL: far.server.url,
      GATEWAY__GRPC__PORT: String(port),
      GATEWAY__HTTP__PORT: '0',
    });
    const near = await forwarding(`127.0.0.1:${port}`);
    const answer = authorize(near, 'att_1');
    await until('the processor has it', () => (charged.length > 0 ? true : undefined));
    gateway.kill('SIGKILL');
    const pending = await answer;
    expect(pending).toMatchObject({
      status: 'PENDING',
      status_code: 504,
      connector_transaction_id: 'bridge:authorize:att_1',
      error: { connector_details: { code: 'UNAVAILABLE' } },
    });
    expect(await authorize(near, 'att_1')).toEqual(pending);
    expect(await sync(near, 'att_1', 'bridge:authorize:att_1')).toMatchObject({ status: 'PENDING' });
    expect(charged).toEqual(['att_1']);
  });
});

describe('a target that is slower than the deadline', () => {
  it('is asked no longer; the payment is pending, and a later sync finds it charged', async () => {
    const near = await stackOf({ config: { request_timeout_ms: 5_000, timeouts: { authorize: 700 } } });
    const far = await startStack({ config: { request_timeout_ms: 10_000 } });
    closers.push(() => far.close());
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const deadlines: number[] = [];
    const slow = await slowProxy(far, held, deadlines);
    const worker = createUcsWorker({
      servers: near.server.url,
      target: createGrpcTarget({ target: slow }),
    });
    await worker.start();
    closers.push(() => worker.stop());
    const began = Date.now();
    const pending = await authorize(near, 'att_1');
    expect(pending).toMatchObject({
      status: 'PENDING',
      status_code: 504,
      connector_transaction_id: 'bridge:authorize:att_1',
    });
    // The target was told how long somebody waits.
    expect(deadlines).toHaveLength(1);
    expect(deadlines[0]).toBeLessThanOrEqual(began + 1_000);
    release();
    expect(
      await until('the sync finds it charged', async () => {
        const found = await sync(near, 'att_1', 'bridge:authorize:att_1');
        return found.status === 'CHARGED' ? found : undefined;
      }),
    ).toMatchObject({ connector_transaction_id: expect.stringMatching(/^pay_/), captured_amount: 1_250 });
  });
});

describe('a target that refuses', () => {
  it('is quoted, and nothing has happened', async () => {
    const far = await stackOf();
    const near = await forwarding(far.grpcUrl);
    const charged = await processorBehind(far, () => ({ status: 'success', transaction_id: 't' }));
    expect(await authorize(near, 'att_1')).toMatchObject({ status: 'CHARGED' });
    // The far bridge knows the key from another request: only it can say so, when the near one has forgotten.
    const other = await forwarding(far.grpcUrl);
    const request = authorizeRequest('att_1', { amount: money(99) });
    expect(await other.call(AUTHORIZE, request, 'att_1')).toMatchObject({
      status: 'PENDING',
      status_code: 504,
      error: {
        connector_details: {
          code: 'KEY_CONFLICT',
          message: expect.stringContaining('idempotency key authorize:att_1 was used for another request'),
        },
      },
    });
    expect(charged).toEqual(['att_1']);
  });
});

describe('a worker that is killed with a payment in hand', () => {
  it('has a successor that does not send it twice, and leaves the question to the next sync', async () => {
    const far = await stackOf();
    let answers = false;
    const charged = await processorBehind(far, () =>
      answers ? { status: 'success', transaction_id: 't' } : new Promise(() => {}),
    );
    const near = await stackOf({
      config: { request_timeout_ms: 8_000, timeouts: { authorize: 6_000 }, jetstream: { ack_wait: 1_000 } },
    });
    const worker = await cli(['worker', 'ucs', '--target', far.grpcUrl, '--nats', near.server.url], 'ready');
    const answer = authorize(near, 'att_1');
    await until('the processor has it', () => (charged.length > 0 ? true : undefined));
    worker.kill('SIGKILL');
    answers = true;
    const successor = createUcsWorker({
      servers: near.server.url,
      target: createGrpcTarget({ target: far.grpcUrl }),
    });
    await successor.start();
    closers.push(() => successor.stop());
    expect(await answer).toMatchObject({
      status: 'PENDING',
      connector_transaction_id: 'bridge:authorize:att_1',
      error: { connector_details: { code: 'UCS_OUTCOME_UNKNOWN' } },
    });
    expect(charged).toEqual(['att_1']);
    const record = await near.bridge.ledger.findLatest(MERCHANT, 'authorize:att_1');
    expect(record?.record).toMatchObject({ state: 'answered', attempt: 2 });
  });
});

describe('nats-bridge worker ucs', () => {
  it('forwards over TLS, and leaves in good order', async () => {
    const authority = createAuthority();
    closers.push(() => authority.dispose());
    const { certFile, keyFile } = authority.sign('ucs');
    const pem = (file: string) => Buffer.from(authority.text(file));
    const far = await startStack();
    closers.push(() => far.close());
    const pair = { private_key: pem(keyFile), cert_chain: pem(certFile) };
    const secure = await proxy(far, ServerCredentials.createSsl(null, [pair]));
    const near = await stackOf();
    const worker = await cli(
      [
        'worker',
        'ucs',
        '--target',
        `https://${secure}`,
        '--tls-ca',
        authority.caFile,
        '--nats',
        near.server.url,
      ],
      'UCS worker ready',
    );
    expect(await authorize(near, 'att_1')).toMatchObject({ status: 'CHARGED' });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('trusts nobody else', async () => {
    const [authority, stranger] = [createAuthority(), createAuthority('another authority')];
    closers.push(authority.dispose, stranger.dispose);
    const { certFile, keyFile } = authority.sign('ucs');
    const pem = (file: string) => Buffer.from(authority.text(file));
    const far = await startStack();
    closers.push(() => far.close());
    const pair = { private_key: pem(keyFile), cert_chain: pem(certFile) };
    const secure = await proxy(far, ServerCredentials.createSsl(null, [pair]));
    const near = await stackOf();
    const target = createGrpcTarget({
      target: `https://${secure}`,
      tls: { caFile: stranger.caFile },
      connectTimeoutMs: 500,
    });
    const worker = createUcsWorker({ servers: near.server.url, target });
    await worker.start();
    closers.push(() => worker.stop());
    expect(await authorize(near, 'att_1')).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'UCS_UNREACHABLE' } },
    });
  });

  it.each([
    [['--target', 'http://prism.internal:8000'], 'plain text to another machine'],
    [['--target', 'prism'], 'write host:port'],
    [['--target', 'localhost:1', '--in-process'], 'name a UCS server with --target'],
    [[], 'name a UCS server with --target'],
    [['--in-process', '--environment', 'moon'], 'Allowed choices are sandbox, production'],
  ])('does not start with %j', async (args, message) => {
    const { code, stderr } = await runCli(['worker', 'ucs', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('says what is missing where the library of Prism does not load', async () => {
    const args = ['worker', 'ucs', '--in-process', '--prism-library', '/nowhere/libprism.so'];
    const { code, stderr } = await runCli(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/native library/);
    expect(stderr).toContain('name it with --target instead of --in-process');
  });

  it('runs Prism in its process', async ({ skip }) => {
    const near = await stackOf();
    const own = process.env.PRISM_LIBRARY;
    const library = own === undefined ? [] : ['--prism-library', own];
    const args = ['worker', 'ucs', '--in-process', ...library, '--nats', near.server.url];
    const refused = await cli(args, 'UCS worker ready').then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (refused !== undefined) {
      expect(refused).toMatch(/^ended with 1:.*glibc .*name it with --target instead of --in-process/s);
      if (!existsSync(NODE_WITH_NEWER_GLIBC)) {
        const reason = `not run: ${refused}; node scripts/setup-newer-glibc.mjs says why there is no newer one`;
        if (process.env.CI) throw new Error(reason);
        console.warn(reason);
        return skip(reason);
      }
      await cli(args, 'UCS worker ready', {}, NODE_WITH_NEWER_GLIBC);
    }
    // Without credentials by their own names Prism refuses, before anything is sent.
    expect(await authorize(near, 'att_1')).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { message: expect.stringContaining('x-connector-config is missing') } },
    });
    const base_url = await stripeThatAgrees();
    const config = { config: { Stripe: { api_key: 'sk_test_1', base_url } } };
    const metadata = { 'x-connector': 'stripe', 'x-connector-config': JSON.stringify(config) };
    const request = authorizeRequest('att_2', { address: { billing_address: {} } });
    expect(await near.call(AUTHORIZE, request, 'att_2', metadata)).toMatchObject({
      connector_transaction_id: 'pi_1',
      status: 'CHARGED',
      captured_amount: 1_250,
      authorized_money: money(1_250),
    });
  }, 120_000);
});

/** A real HTTP server that answers every payment as Stripe answers one that succeeded. */
async function stripeThatAgrees(): Promise<string> {
  const intent = { id: 'pi_1', object: 'payment_intent', status: 'succeeded', currency: 'eur', created: 1 };
  const amounts = { amount: 1_250, amount_received: 1_250, livemode: false, metadata: {} };
  const server = createHttpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...intent, ...amounts }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function proxy(...args: Parameters<typeof startUcsProxy>): Promise<string> {
  const { address, close } = await startUcsProxy(...args);
  closers.push(close);
  return address;
}

function slowProxy(far: Stack, held: Promise<void>, deadlines: number[]): Promise<string> {
  return proxy(far, ServerCredentials.createInsecure(), async (name, call) => {
    if (name !== AUTHORIZE) return;
    deadlines.push(Number(call.getDeadline()));
    await held;
  });
}

/** Starts a command of the CLI as a process that may be killed; resolves when it has printed `ready`. */
async function cli(
  args: readonly string[],
  ready: string,
  env: Readonly<Record<string, string>> = {},
  node = process.execPath,
): Promise<ChildProcess> {
  const child = spawn(node, [MAIN, ...args], { env: { ...process.env, NO_COLOR: '1', ...env } });
  closers.push(() => child.kill('SIGKILL'));
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes(ready)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${printed}`)));
  });
  return child;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
