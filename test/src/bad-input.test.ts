/** Input that is wrong, at every door: the exact refusal, and that the next request works. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status as grpcStatus } from '@grpc/grpc-js';
import {
  decodeToken,
  decodeUcs,
  encodeUcs,
  type JsonObject,
  type RouterData,
  UCS_METHODS,
  ValidationError,
} from '@nats-bridge/protocol';
import type { Msg } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import {
  authorizeRequest,
  cardDetails,
  METADATA,
  type Meta,
  MODES,
  money,
  type Stack,
  startStack,
} from './stack-under-test.js';

const AUTHORIZE = 'PaymentService/Authorize';
const TYPES = UCS_METHODS.find(({ service, method }) => `${service}/${method}` === AUTHORIZE);
const encode = (attempt: string) => encodeUcs(TYPES?.requestType ?? '', authorizeRequest(attempt));
const decode = (bytes: Uint8Array) => decodeUcs(TYPES?.responseType ?? '', bytes);

let count = 0;
const next = () => `att_${++count}`;

/** The bridge is as good as before. */
async function expectNextWorks(stack: Stack) {
  const attempt = next();
  const answer = await stack.call(AUTHORIZE, authorizeRequest(attempt), attempt);
  expect(answer).toMatchObject({ merchant_transaction_id: attempt, status: 'CHARGED', status_code: 200 });
}

const bridgeError = (answer: JsonObject) =>
  ((answer.error as JsonObject | undefined)?.connector_details ?? {}) as { code?: string; message?: string };

describe.each(MODES)('at the gRPC door, %s', (mode) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ mode });
  });
  afterAll(() => stack.close());

  it.each<[string, Meta, number, string | RegExp]>([
    [
      'no connector',
      { 'x-connector': undefined },
      grpcStatus.INVALID_ARGUMENT,
      /^metadata x-connector is missing: /,
    ],
    [
      'no merchant',
      { 'x-merchant-id': undefined },
      grpcStatus.INVALID_ARGUMENT,
      "metadata x-merchant-id is missing: send Hyperswitch's merchant id",
    ],
    [
      'no credentials',
      { 'x-auth': undefined },
      grpcStatus.INVALID_ARGUMENT,
      /^metadata x-auth is missing: send one of header-key, /,
    ],
    [
      'an unknown kind of credentials',
      { 'x-auth': 'secret-handshake' },
      grpcStatus.INVALID_ARGUMENT,
      /^metadata x-auth must be one of header-key, /,
    ],
    [
      'a key that is missing',
      { 'x-auth': 'body-key' },
      grpcStatus.INVALID_ARGUMENT,
      'metadata x-key1 is missing: x-auth body-key needs it',
    ],
    [
      'a connector config that is not JSON',
      { 'x-connector-config': '{' },
      grpcStatus.INVALID_ARGUMENT,
      'metadata x-connector-config is not JSON',
    ],
    [
      'a shadow mode of neither kind',
      { 'x-shadow-mode': 'perhaps' },
      grpcStatus.INVALID_ARGUMENT,
      'metadata x-shadow-mode must be true or false',
    ],
    [
      'shadow mode',
      { 'x-shadow-mode': 'true' },
      grpcStatus.FAILED_PRECONDITION,
      /shadow calls are refused and nothing was published/,
    ],
    [
      'a merchant id of 4 KB',
      { 'x-merchant-id': 'm'.repeat(4_096) },
      grpcStatus.INVALID_ARGUMENT,
      'merchant_id has 4096 characters; at most 255 are allowed in a NATS subject token',
    ],
  ])('refuses %s', async (_what, metadata, code, details) => {
    await expect(stack.raw(AUTHORIZE, encode(next()), { ...METADATA, ...metadata })).rejects.toMatchObject({
      code,
      details: details instanceof RegExp ? expect.stringMatching(details) : details,
    });
    await expectNextWorks(stack);
  });

  it('has no room for an attempt id of 4 KB where it names a record, which is with a stream', async () => {
    const answer = stack.raw(AUTHORIZE, encode('a'.repeat(4_096)), METADATA);
    if (mode === 'durable')
      await expect(answer).rejects.toMatchObject({
        code: grpcStatus.INVALID_ARGUMENT,
        details: 'idempotency key has 4096 characters; at most 255 are allowed in a NATS subject token',
      });
    else expect(decode(await answer)).toMatchObject({ status: 'CHARGED' });
    await expectNextWorks(stack);
  });

  it('takes a payment id of 4 KB, which is no part of a subject', async () => {
    const attempt = next();
    const answer = await stack.raw(AUTHORIZE, encode(attempt), {
      ...METADATA,
      'x-resource-id': attempt,
      'x-reference-id': 'p'.repeat(4_096),
    });
    expect(decode(answer)).toMatchObject({ status: 'CHARGED' });
  });

  it('refuses a payment without any id, which could run twice', async () => {
    await expect(stack.raw(AUTHORIZE, encode(''), METADATA)).rejects.toMatchObject({
      code: grpcStatus.INVALID_ARGUMENT,
      details: expect.stringMatching(/^metadata x-resource-id is missing and .* could run twice$/),
    });
    await expectNextWorks(stack);
  });

  it('refuses bytes that are no message', async () => {
    await expect(stack.raw(AUTHORIZE, Buffer.from([0xff, 0xff, 0xff]), METADATA)).rejects.toMatchObject({
      code: grpcStatus.INVALID_ARGUMENT,
      details: expect.stringContaining('PaymentServiceAuthorizeRequest'),
    });
    await expectNextWorks(stack);
  });

  it('passes over fields that a newer Hyperswitch may send', async () => {
    const attempt = next();
    const unknown = Buffer.from([0xc2, 0x3e, 0x03, 0x61, 0x62, 0x63]); // field 1000: "abc"
    const answer = await stack.raw(AUTHORIZE, Buffer.concat([encode(attempt), unknown]), METADATA);
    expect(decode(answer)).toMatchObject({ merchant_transaction_id: attempt, status: 'CHARGED' });
  });

  it.each(['a.b.c', '*', '>', 'a b', 'a.*.>', '$JS.API', 'händler', '%2E'])(
    'keeps the merchant id %j one token of the subject, and itself',
    async (merchantId) => {
      const nats = await stack.nats();
      const seen: string[] = [];
      const tap = nats.subscribe('hyperswitch.payments.>', {
        callback: (_, message) => void seen.push(message.subject),
      });
      await nats.flush();
      const attempt = next();
      try {
        const data = routerData(merchantId, attempt);
        const outcome = /^[\x20-\x7e]*$/.test(merchantId)
          ? decode(await stack.raw(AUTHORIZE, encode(attempt), { ...METADATA, 'x-merchant-id': merchantId }))
          : await stack.bridge.authorize(data);
        expect(outcome).toMatchObject({ status: 'CHARGED' });
        await nats.flush();
        const tokens = seen
          .map((subject) => subject.split('.'))
          .filter((parts) => parts.at(-1) === 'authorize');
        expect(tokens).toHaveLength(1);
        expect(tokens[0]).toHaveLength(4);
        expect(decodeToken(tokens[0]?.[2] ?? '')).toBe(merchantId);
      } finally {
        tap.unsubscribe();
      }
    },
  );

  it.each(['a\r\nb', 'a\r\nX-Test-Mode: false\r\n\r\n', 'a\0b', '\t'])(
    'keeps %j out of subject and headers, as itself',
    async (text) => {
      const outcome = await stack.bridge.authorize({ ...routerData(text, next()), payment_id: text });
      expect(outcome).toMatchObject({ kind: 'answered', status: 'CHARGED' });
      await expectNextWorks(stack);
    },
  );

  it('refuses an empty merchant id and half a character', async () => {
    for (const merchantId of ['', '\ud800'])
      await expect(stack.bridge.authorize(routerData(merchantId, next()))).rejects.toBeInstanceOf(
        ValidationError,
      );
    await expectNextWorks(stack);
  });
});

function routerData(merchantId: string, attempt: string): RouterData {
  return {
    merchant_id: merchantId,
    payment_id: `pay_of_${attempt}`,
    attempt_id: attempt,
    connector: 'imerchantsolutions',
    connector_auth_type: { auth_type: 'NoKey' },
    request: {
      amount: money(1_250),
      capture_method: 'AUTOMATIC',
      payment_method: { card: cardDetails('4242424242424242') },
    },
    test_mode: true,
  };
}

describe.each(MODES)("a request over the server's max_payload, %s", (mode) => {
  it(mode === 'durable' ? 'travels by reference' : 'is refused before it is sent', async () => {
    const stack = await startStack({ mode, server: { maxPayloadBytes: 32_768 } });
    try {
      const attempt = next();
      const metadata = JSON.stringify({ note: 'x'.repeat(40_000) });
      const answer = await stack.call(AUTHORIZE, authorizeRequest(attempt, { metadata }), attempt);
      if (mode === 'durable') expect(answer).toMatchObject({ status: 'CHARGED' });
      else {
        expect(answer).toMatchObject({ status: 'FAILURE', status_code: 413 });
        expect(bridgeError(answer).code).toBe('MESSAGE_TOO_LARGE');
      }
      await expectNextWorks(stack);
    } finally {
      await stack.close();
    }
  });
});

/** A worker that somebody wrote against NATS alone, without our library. */
async function naiveWorker(stack: Stack, respond: (message: Msg) => void): Promise<() => void> {
  const nats = await stack.nats();
  const subscription = nats.subscribe('hyperswitch.payments.*.authorize', {
    queue: 'workers',
    callback: (_, message) => respond(message),
  });
  await nats.flush();
  return () => subscription.unsubscribe();
}

describe.each(MODES)('a reply that is none, %s', (mode) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      mode,
      sandbox: false,
      server: { maxPayloadBytes: 8_388_608 },
      config: { request_timeout_ms: 500 },
    });
  });
  afterAll(() => stack.close());
  const correlationOf = (message: Msg) => message.json<{ correlation_id: string }>().correlation_id;
  const good = (message: Msg, extra: object = {}) =>
    JSON.stringify({
      status: 'success',
      transaction_id: 't_1',
      correlation_id: correlationOf(message),
      ...extra,
    });

  async function answerTo(respond: (message: Msg) => void): Promise<JsonObject> {
    const stop = await naiveWorker(stack, respond);
    const attempt = next();
    try {
      return await stack.call(AUTHORIZE, authorizeRequest(attempt), attempt);
    } finally {
      stop();
      const stopGood = await naiveWorker(stack, (message) => void message.respond(good(message)));
      await expectNextWorks(stack);
      stopGood();
    }
  }

  it.each<[string, (message: Msg) => string]>([
    ['is not JSON', () => 'OK'],
    ['is empty', () => ''],
    ['is JSON of another kind', () => '[1, 2]'],
    ['has a status that does not exist', (message) => good(message, { status: 'approved' })],
    ['has a UCS status that does not exist', (message) => good(message, { attempt_status: 'PAID' })],
    [
      'has an error without a message',
      (message) => good(message, { status: 'failure', error: { code: 'x' } }),
    ],
  ])('that %s leaves the payment pending', async (_what, body) => {
    const answer = await answerTo((message) => void message.respond(body(message)));
    expect(answer).toMatchObject({
      status: 'PENDING',
      status_code: 502,
      connector_transaction_id: expect.stringMatching(/^bridge:authorize:att_\d+$/),
    });
    expect(bridgeError(answer).code).toBe('INVALID_WORKER_REPLY');
  });

  it('without a correlation id is taken: it came to an address of its own', async () => {
    const answer = await answerTo(
      (message) => void message.respond(JSON.stringify({ status: 'success', transaction_id: 't_2' })),
    );
    expect(answer).toMatchObject({ status: 'CHARGED', connector_transaction_id: 't_2' });
  });

  it("with another request's correlation id is given to nobody", async () => {
    const answer = await answerTo(
      (message) => void message.respond(good(message, { correlation_id: 'another' })),
    );
    expect(answer).toMatchObject({ status: 'PENDING', status_code: 504 });
    expect(bridgeError(answer)).toEqual({ code: 'NATS_TIMEOUT', message: 'Payment processor timeout' });
    expect(stack.events.map(({ type }) => type)).toContain('stray_reply');
  });

  it('that is larger than Hyperswitch takes is given without what is too large', async () => {
    const raw_connector_response = 'x'.repeat(5_000_000);
    const answer = await answerTo(
      (message) => void message.respond(good(message, { raw_connector_response })),
    );
    expect(answer).toMatchObject({ status: 'CHARGED', connector_transaction_id: 't_1' });
    expect(answer).not.toHaveProperty('raw_connector_response');
    expect(stack.warnings.at(-1)).toMatch(/cannot be sent whole: it has 50\d+ bytes/);
  });

  it('that answers twice counts once', async () => {
    const answer = await answerTo((message) => {
      message.respond(good(message));
      message.respond(good(message, { status: 'failure', error: { code: 'x', message: 'y' } }));
    });
    expect(answer).toMatchObject({ status: 'CHARGED', connector_transaction_id: 't_1' });
  });
});

describe('a wrong configuration', () => {
  it('is refused with 2, key by key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-config-'));
    const file = join(folder, 'bridge.toml');
    writeFileSync(
      file,
      [
        '[nats_bridge]',
        'request_timeout_ms = "soon"',
        '[nats_bridge.timeouts]',
        'authorise = 1000',
        '[gateway.grpc]',
        'host = "0.0.0.0"',
      ].join('\n'),
    );
    try {
      const { code, stderr, stdout } = await runCli(['config', 'check', '--config', file]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('nats_bridge.request_timeout_ms = "soon"');
      expect(stderr).toContain('must be a whole number of milliseconds from 100 to 600000');
      expect(stderr).toContain('nats_bridge.timeouts.authorise');
      expect(stderr).toContain('gateway.allow_plaintext = true');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
