/**
 * Against a real HTTP server in the place of Stripe. Prism's core is the real one where its native library loads: the
 * package's, or the one that PRISM_LIBRARY names. Where this machine's C library is too old for it, a scripted core
 * stands for it, which knows one request and one response, and one test runs this whole file again with the real one,
 * in a Node with the newer C library that scripts/setup-newer-glibc.mjs has unpacked.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  decodeUcs,
  encodeUcs,
  type JsonObject,
  OPERATIONS,
  operationRow,
  UCS_METHODS,
  ucsMethodOf,
} from '@nats-bridge/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import type { UcsCall, UcsEnding } from '../ucs-target.js';
import { inProcessTarget } from './in-process-target.js';
import { NativeLibraryError } from './native-library-error.js';
import { loadPrismCore, type PrismCore, PrismError } from './prism-core.js';

const AUTHORIZE = ucsMethodOf(operationRow('authorize'), {});
const SUCCEEDED = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 1_250,
  amount_received: 1_250,
  currency: 'eur',
  status: 'succeeded',
  created: 1,
  livemode: false,
  metadata: { order_id: 'att_1' },
};

function tryToLoad(): PrismCore | NativeLibraryError {
  try {
    return loadPrismCore(process.env.PRISM_LIBRARY);
  } catch (error) {
    if (error instanceof NativeLibraryError) return error;
    throw error;
  }
}

function cachedModules(): string[] {
  const names = Object.keys(createRequire(import.meta.url).cache);
  return names.filter((name) => /hyperswitch-prism|koffi/.test(name));
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const NODE_WITH_NEWER_GLIBC = `${ROOT}.cache/newer-glibc/node`;
const REAL_CORE = 'a call through Prism’s real core';
/** Set for the run with the newer C library: there it has to load. */
const HAS_TO_LOAD = process.env.PRISM_HAS_TO_LOAD === '1';

const before = cachedModules();
const loaded = tryToLoad();
const real = loaded instanceof NativeLibraryError ? undefined : loaded;
const core = real ?? scriptedCore();

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The processor: a real HTTP server, which answers as a test says. */
async function processor(
  answer: (request: IncomingMessage, body: string) => [number, object] | 'never' | 'cut',
) {
  const bodies: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      const answered = answer(request, body);
      if (answered === 'never') return;
      if (answered === 'cut') return void request.socket.destroy();
      response.writeHead(answered[0], { 'content-type': 'application/json' });
      response.end(JSON.stringify(answered[1]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies };
}

function call(url: string, changes: Partial<UcsCall> & { readonly message?: JsonObject } = {}): UcsCall {
  const { message = authorize(), ...rest } = changes;
  const method = rest.method ?? AUTHORIZE;
  return {
    method,
    metadata: {
      'x-connector': 'stripe',
      'x-auth': 'header-key',
      'x-api-key': 'sk_test_1',
      'x-connector-config': JSON.stringify({ config: { Stripe: { api_key: 'sk_test_1', base_url: url } } }),
    },
    request: encodeUcs(method.requestType, message),
    deadlineAt: Date.now() + 10_000,
    signal: new AbortController().signal,
    ...rest,
  };
}

const authorize = (): JsonObject => ({
  merchant_transaction_id: 'att_1',
  amount: { minor_amount: 1_250, currency: 'EUR' },
  capture_method: 'AUTOMATIC',
  auth_type: 'NO_THREE_DS',
  payment_method: {
    card: {
      card_number: '4242424242424242',
      card_exp_month: '12',
      card_exp_year: '2030',
      card_cvc: '123',
      card_holder_name: 'Jo Doe',
    },
  },
  address: { billing_address: {} },
  test_mode: true,
});

const ask = (called: UcsCall) => inProcessTarget(core, 'sandbox').call(called);
const responseOf = (ending: UcsEnding) =>
  ending.kind === 'answered' ? decodeUcs(AUTHORIZE.responseType, ending.response) : ending;

describe('Prism’s core', () => {
  it('is loaded by nobody who did not ask for it', () => {
    expect(before).toEqual([]);
  });

  it('loads, or says what is missing and what to do', () => {
    if (HAS_TO_LOAD && real === undefined) throw loaded;
    if (real === undefined) expect(String(loaded)).toMatch(/glibc|installed|no native library|does not load/);
    else expect(real.flowOf('PaymentServiceAuthorizeRequest')).toEqual({ name: 'authorize', callsOut: true });
  });

  it('says so of a library that is not one', () => {
    expect(() => loadPrismCore('/nowhere/libprism.so')).toThrow(NativeLibraryError);
  });
});

it('has the flows that docs/ucs-worker.md says', () => {
  const require = createRequire(import.meta.url);
  const { FLOWS, SINGLE_FLOWS } = require('hyperswitch-prism/dist/src/payments/_generated_flows.js');
  const flows: { request: string }[] = Object.values({ ...FLOWS, ...SINGLE_FLOWS });
  const requests = new Set(flows.map(({ request }) => request));
  const lacking = OPERATIONS.filter((row) => !requests.has(ucsMethodOf(row, {}).requestType));
  const documented = readFileSync(new URL('../../../../docs/ucs-worker.md', import.meta.url), 'utf8')
    .split('\n')
    .find((line) => line.startsWith('- Prism 0.4.0 has no flow for'));
  expect([...(documented ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(
    lacking.map(({ operation }) => operation),
  );
});

describe('a call through Prism in this process', () => {
  it('reaches the processor once, and gives its answer', async () => {
    const { url, bodies } = await processor(() => [200, SUCCEEDED]);
    expect(responseOf(await ask(call(url)))).toMatchObject({
      connector_transaction_id: 'pi_1',
      status: 'CHARGED',
      status_code: 200,
    });
    expect(bodies).toEqual([expect.stringContaining('amount=1250')]);
  });

  it('was not sent where the processor cannot be reached', async () => {
    const { url } = await processor(() => [200, SUCCEEDED]);
    for (const close of closers.splice(0)) close();
    expect(await ask(call(url))).toEqual({
      kind: 'not_sent',
      code: 'PROCESSOR_UNREACHABLE',
      message: `${new URL(url).host} cannot be reached (ECONNREFUSED); nothing was sent`,
    });
  });

  it('is in doubt when the processor does not answer in time', async () => {
    const { url, bodies } = await processor(() => 'never');
    const ending = await ask(call(url, { deadlineAt: Date.now() + 300 }));
    expect(ending).toMatchObject({ kind: 'unknown', code: 'DEADLINE_EXCEEDED' });
    expect(bodies).toHaveLength(1);
  });

  it('is in doubt when the connection is lost', async () => {
    const { url, bodies } = await processor(() => 'cut');
    expect(await ask(call(url))).toMatchObject({ kind: 'unknown' });
    expect(bodies).toHaveLength(1);
  });

  it('is in doubt when the answer cannot be read', async () => {
    const { url } = await processor(() => [200, { object: 'teapot' }]);
    expect(await ask(call(url))).toMatchObject({ kind: 'unknown' });
  });

  it('is refused, and not sent, without the credentials by name', async () => {
    const { url, bodies } = await processor(() => [200, SUCCEEDED]);
    const metadata = { 'x-connector': 'stripe', 'x-auth': 'header-key', 'x-api-key': 'sk_test_1' };
    expect(await ask(call(url, { metadata }))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('x-connector-config is missing'),
    });
    expect(bodies).toEqual([]);
  });

  it('is refused where Prism has no such flow', async () => {
    const method =
      UCS_METHODS.find(({ path }) => path === '/types.EventService/NotifyConnector') ?? AUTHORIZE;
    expect(await ask(call('http://127.0.0.1:1/', { method, message: {} }))).toEqual({
      kind: 'refused',
      code: 'UNIMPLEMENTED',
      message: "Prism's core has no EventService/NotifyConnector",
    });
  });
});

describe(REAL_CORE, () => {
  if (real === undefined && !HAS_TO_LOAD) return runAgainWithNewerGlibc();

  it('is told what a decline was in the connector’s own words', async () => {
    const error = { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No' };
    const { url } = await processor(() => [402, { error }]);
    const ending = await ask(call(url));
    expect(ending.kind).toBe('connector_error');
    if (ending.kind === 'connector_error')
      expect(decodeUcs('ConnectorError', ending.error)).toMatchObject({
        error_code: 'CONNECTOR_ERROR_RESPONSE',
        http_status_code: 402,
        error_info: { connector_details: { code: 'card_declined', message: 'No' } },
      });
  });

  it('is refused before anything is sent when the connector cannot make a request of it', async () => {
    const { url, bodies } = await processor(() => [200, SUCCEEDED]);
    const { payment_method: _, ...message } = authorize();
    expect(await ask(call(url, { message }))).toMatchObject({ kind: 'refused' });
    expect(bodies).toEqual([]);
  });

  it('sends the key of the merchant', async () => {
    const keys: unknown[] = [];
    const { url } = await processor(({ headers }) => {
      keys.push(headers.authorization);
      return [200, SUCCEEDED];
    });
    await ask(call(url));
    expect(keys).toEqual(['Bearer sk_test_1']);
  });
});

function runAgainWithNewerGlibc(): void {
  it('does all that stands in this file, in a Node with a newer C library', async ({ skip }) => {
    if (!existsSync(NODE_WITH_NEWER_GLIBC)) {
      const reason = `not run: ${(loaded as Error).message}; node scripts/setup-newer-glibc.mjs says why there is no newer one`;
      if (process.env.CI) throw new Error(reason);
      console.warn(reason);
      return skip(reason);
    }
    // Threads: a Node that was started through a dynamic loader takes that for its own program, and cannot fork.
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--pool=threads', '--reporter=json'];
    const env = { ...process.env, PRISM_HAS_TO_LOAD: '1' };
    const file = fileURLToPath(import.meta.url);
    const { stdout, stderr } = await promisify(execFile)(NODE_WITH_NEWER_GLIBC, [...vitest, file], {
      cwd: ROOT,
      env,
    }).catch((failed: { stdout: string; stderr: string }) => failed);
    expect(stdout, stderr).not.toBe('');
    const { testResults } = JSON.parse(stdout) as {
      testResults: { assertionResults: { ancestorTitles: string[]; status: string }[] }[];
    };
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(results.filter(({ ancestorTitles }) => ancestorTitles[0] === REAL_CORE)).toHaveLength(3);
  }, 120_000);
}

/** Stands for the real core where that cannot be loaded: it writes one request and reads one response. */
function scriptedCore(): PrismCore {
  return {
    flowOf: (requestType) =>
      requestType === AUTHORIZE.requestType ? { name: 'authorize', callsOut: true } : undefined,
    writeRequest(_, request, options) {
      const { amount } = decodeUcs(AUTHORIZE.requestType, request) as { amount: { minor_amount: number } };
      const { connector_config } = decodeUcs('FfiOptions', options) as {
        connector_config: { stripe: { base_url: string } };
      };
      return encodeUcs('FfiConnectorHttpRequest', {
        url: `${connector_config.stripe.base_url}v1/payment_intents`,
        method: 'POST',
        body: Buffer.from(`amount=${amount.minor_amount}`).toString('base64'),
      });
    },
    readResponse(_, response) {
      const { status_code, body } = decodeUcs('FfiConnectorHttpResponse', response);
      const { id } = JSON.parse(Buffer.from(String(body), 'base64').toString()) as { id?: string };
      if (id === undefined) throw new PrismError('RESPONSE_DESERIALIZATION_FAILED', 'no id');
      const answer = { connector_transaction_id: id, status: 'CHARGED', status_code: Number(status_code) };
      const bytes = Buffer.from(encodeUcs(AUTHORIZE.responseType, answer));
      return encodeUcs('FfiConnectorHttpResponse', { status_code: 200, body: bytes.toString('base64') });
    },
    answerAtOnce() {
      throw new PrismError('UNKNOWN', 'the scripted core has no such flow');
    },
  };
}
