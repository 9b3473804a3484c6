/**
 * What the UCS door promises Hyperswitch. The connector behind it is scripted: these tests are about the door
 * alone; the way over NATS is tested in /test.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type ServiceError, status } from '@grpc/grpc-js';
import { BridgeError, OPERATIONS, ValidationError } from '@nats-bridge/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../gateway.js';
import {
  type Executed,
  fails,
  replies,
  type ScriptedBridge,
  scriptedBridge,
} from '../testing/scripted-bridge.js';
import { refusalOf, type UnrulyClient, unrulyClient } from '../testing/unruly-client.js';
import { refusedMethods, servedMethods } from './ucs-methods.js';

const AUTHORIZE = { merchant_transaction_id: 'att_1', amount: { minor_amount: 1000, currency: 'USD' } };
const MAX_IN_FLIGHT = 3;

let bridge: ScriptedBridge;
let gateway: Gateway;
let client: UnrulyClient;
let warnings: string[];

beforeAll(async () => {
  bridge = scriptedBridge();
  gateway = await openGateway({
    bridge,
    grpc: { port: 0 },
    http: { port: 0 },
    maxInFlight: MAX_IN_FLIGHT,
    drainMs: 500, // the session that sent too much metadata is broken and never drains
    onWarning: (warning) => warnings.push(warning),
  });
  client = unrulyClient(gateway.grpcPort);
});

beforeEach(() => {
  bridge.executed.length = 0;
  bridge.script = replies();
  warnings = [];
});

afterAll(async () => {
  client.close();
  await gateway.close();
});

describe('methods', () => {
  const served = servedMethods();

  it('serves every method and alias of the catalogue', () => {
    const catalogued = OPERATIONS.flatMap(({ methods, aliases = [] }) => [...methods, ...aliases]);
    expect(served.map(({ name }) => name).sort()).toEqual(catalogued.sort());
  });

  it.each(served.map((method) => [method.name, method] as const))('%s is executed', async (name, { row }) => {
    await client.call(name, {});
    expect(bridge.executed.map(({ operation }) => operation)).toEqual([row.operation]);
    expect(warnings).toEqual([]);
  });

  it.each(served.map((method) => [method.name, method] as const))(
    '%s can say success, failure, processing, unknown and not sent',
    async (name) => {
      const error = { code: 'declined', message: 'no', reason: 'because', network_decline_code: '05' };
      const scripts = [
        replies({
          raw_connector_response: '{}',
          connector_metadata: { a: 1 },
          network_transaction_id: 'n_1',
        }),
        replies({ status: 'processing', transaction_id: undefined }),
        replies({ status: 'failure', error }),
        fails('NATS_TIMEOUT'),
        fails('NO_WORKERS_AVAILABLE'),
      ];
      for (const script of scripts) {
        bridge.script = script;
        await client.call(name, {}).catch(({ code }) => {
          expect({ name, code }).toEqual({ name: 'EventService/ParseEvent', code: status.UNAVAILABLE });
        });
      }
      expect(warnings).toEqual([]);
    },
  );

  it.each(refusedMethods())('%s is UNIMPLEMENTED and says what is served', async (name) => {
    const refusal = await refusalOf(client.callRaw(`/types.${name}`, Buffer.alloc(0)));
    expect(refusal.code).toBe(status.UNIMPLEMENTED);
    expect(refusal.details).toMatch(
      new RegExp(`^types\\.${name} is not served; served are .*PaymentService/\\{Authorize, `),
    );
    expect(bridge.executed).toEqual([]);
  });
});

describe('a call', () => {
  it('reaches the connector as RouterData', async () => {
    await client.call(
      'PaymentService/Authorize',
      { ...AUTHORIZE, test_mode: true },
      {
        metadata: {
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          'x-request-id': 'req_1',
        },
      },
    );
    expect(bridge.executed[0]).toMatchObject({
      operation: 'authorize',
      data: {
        merchant_id: 'merchant_1',
        payment_id: 'pay_1',
        attempt_id: 'att_1',
        connector: 'imerchantsolutions',
        connector_auth_type: { auth_type: 'HeaderKey', api_key: 'sk_test_1' },
        request: { ...AUTHORIZE, test_mode: true },
        request_id: 'req_1',
        test_mode: true,
      },
      options: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
  });

  it('is answered with the status, the id and the ids that were sent', async () => {
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      merchant_transaction_id: 'att_1',
      connector_transaction_id: 'ch_1',
      status: 'CHARGED',
      status_code: 200,
    });
  });

  it('may have fields this version does not know', async () => {
    const unknownField = Buffer.from([0xfa, 0xff, 0x03, 0x02, 0x68, 0x69]); // field 8191, length-delimited
    const bytes = Buffer.concat([Buffer.from([0x0a, 0x01, 0x61]), unknownField]);
    const answer = await client.call('PaymentService/Authorize', bytes);
    expect(answer).toMatchObject({ merchant_transaction_id: 'a', status: 'CHARGED' });
  });

  it('that moves money and has no id is refused, since it could run twice', async () => {
    const call = client.call('PaymentService/Capture', {}, { metadata: { 'x-resource-id': undefined } });
    expect(await refusalOf(call)).toEqual({
      code: status.INVALID_ARGUMENT,
      details:
        'metadata x-resource-id is missing and the request of PaymentService/Capture has no id of its own: send the attempt id (for refunds the refund id, for payouts the payout id), or the operation could run twice',
    });
    expect(bridge.executed).toEqual([]);
  });
});

describe('malformed calls are INVALID_ARGUMENT and never reach the connector', () => {
  const AUTH_NAMES = 'header-key, body-key, signature-key, multi-auth-key, currency-auth-key, nokey';
  it.each<[string, Record<string, string | undefined>, string]>([
    [
      'x-connector missing',
      { 'x-connector': undefined },
      'metadata x-connector is missing: send the connector name, in snake_case (x-payout-connector or x-surcharge-connector for those services)',
    ],
    [
      'x-merchant-id missing',
      { 'x-merchant-id': undefined },
      "metadata x-merchant-id is missing: send Hyperswitch's merchant id",
    ],
    [
      'x-auth missing',
      { 'x-auth': undefined },
      `metadata x-auth is missing: send one of ${AUTH_NAMES} with its keys, or x-connector-config`,
    ],
    ['x-auth unknown', { 'x-auth': 'password' }, `metadata x-auth must be one of ${AUTH_NAMES}`],
    [
      'x-api-key missing',
      { 'x-api-key': undefined },
      'metadata x-api-key is missing: x-auth header-key needs it',
    ],
    ['x-key1 missing', { 'x-auth': 'body-key' }, 'metadata x-key1 is missing: x-auth body-key needs it'],
    [
      'x-api-secret missing',
      { 'x-auth': 'signature-key', 'x-key1': 'k' },
      'metadata x-api-secret is missing: x-auth signature-key needs it',
    ],
    [
      'x-key2 missing',
      { 'x-auth': 'multi-auth-key', 'x-key1': 'k', 'x-api-secret': 's' },
      'metadata x-key2 is missing: x-auth multi-auth-key needs it',
    ],
    [
      'x-auth-key-map not JSON',
      { 'x-auth': 'currency-auth-key', 'x-auth-key-map': '{' },
      'metadata x-auth-key-map is not JSON',
    ],
    [
      'x-connector-config not JSON',
      { 'x-connector-config': '{sk' },
      'metadata x-connector-config is not JSON',
    ],
    ['x-shadow-mode unclear', { 'x-shadow-mode': 'TRUE' }, 'metadata x-shadow-mode must be true or false'],
  ])('%s', async (_what, metadata, details) => {
    const call = client.call('PaymentService/Authorize', AUTHORIZE, { metadata });
    expect(await refusalOf(call)).toEqual({ code: status.INVALID_ARGUMENT, details });
    expect(bridge.executed).toEqual([]);
  });

  it('bytes that are no message', async () => {
    const refusal = await refusalOf(client.call('PaymentService/Authorize', Buffer.from('4111111111111111')));
    expect(refusal.code).toBe(status.INVALID_ARGUMENT);
    expect(refusal.details).toContain('PaymentServiceAuthorizeRequest');
    expect(refusal.details).not.toContain('4111');
    expect(bridge.executed).toEqual([]);
  });

  it('what the connector refuses before sending', async () => {
    bridge.script = () => {
      throw new ValidationError('merchant_id has 300 characters');
    };
    expect(await refusalOf(client.call('PaymentService/Authorize', AUTHORIZE))).toEqual({
      code: status.INVALID_ARGUMENT,
      details: 'merchant_id has 300 characters',
    });
  });
});

it('a shadow call is refused before anything is published', async () => {
  for (const { name } of servedMethods()) {
    const refusal = await refusalOf(client.call(name, {}, { metadata: { 'x-shadow-mode': 'true' } }));
    expect(refusal.code).toBe(status.FAILED_PRECONDITION);
    expect(refusal.details).toContain('x-shadow-mode: true');
  }
  expect(bridge.executed).toEqual([]);
});

describe('outcomes of payments are answers, never gRPC errors', () => {
  it('a decline is OK with an error of code and message', async () => {
    bridge.script = replies({ status: 'failure', error: { code: 'card_declined', message: 'Declined' } });
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'card_declined', message: 'Declined' } },
    });
  });

  it('an unknown authorize is PENDING with an alias to ask by', async () => {
    bridge.script = fails('NATS_TIMEOUT');
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'PENDING',
      status_code: 504,
      connector_transaction_id: 'bridge:authorize:att_1',
      error: { connector_details: { code: 'NATS_TIMEOUT', message: 'Payment processor timeout' } },
    });
  });

  it('an authorize that was not sent is FAILURE, with code and message', async () => {
    bridge.script = fails('NO_WORKERS_AVAILABLE');
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'FAILURE',
      status_code: 503,
      error: { connector_details: { code: 'NO_WORKERS_AVAILABLE', message: expect.any(String) } },
    });
  });

  it('a later step repeats the id it was sent, alias or not', async () => {
    bridge.script = fails('NATS_TIMEOUT');
    for (const id of ['bridge:authorize:att_1', 'ch_7'])
      for (const method of ['Capture', 'Void', 'Get'])
        expect(await client.call(`PaymentService/${method}`, { connector_transaction_id: id })).toMatchObject(
          {
            connector_transaction_id: id,
          },
        );
  });

  it('a question without an id is answered with the alias of its attempt', async () => {
    bridge.script = fails('NO_WORKERS_AVAILABLE');
    const answer = await client.call('PaymentService/Get', { merchant_transaction_id: 'att_1' });
    expect(answer.connector_transaction_id).toBe('bridge:authorize:att_1');
    expect([undefined, 'PAYMENT_STATUS_UNSPECIFIED']).toContain(answer.status);
  });

  it('a refund in doubt is REFUND_PENDING with an id and without an error', async () => {
    bridge.script = fails('NATS_TIMEOUT');
    const metadata = { 'x-resource-id': 'ref_1' };
    const answer = await client.call('PaymentService/Refund', { merchant_refund_id: 'ref_1' }, { metadata });
    expect(answer).toMatchObject({ status: 'REFUND_PENDING', connector_refund_id: 'bridge:refund:ref_1' });
    expect(answer.error).toBeUndefined();
  });

  it('a connector that breaks in the middle leaves the payment pending, and tells the operator', async () => {
    bridge.script = () => {
      throw new TypeError('cannot read card 4111111111111111');
    };
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'PENDING',
      connector_transaction_id: 'bridge:authorize:att_1',
    });
    expect(warnings).toEqual([expect.stringContaining('PaymentService/Authorize: the connector failed')]);
    expect(warnings[0]).not.toContain('4111');
  });

  it('a BridgeError keeps its phase', async () => {
    bridge.script = () => {
      throw new BridgeError('SHUTTING_DOWN');
    };
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({ status: 'FAILURE' });
  });
});

describe('what a rate limit held back', () => {
  const error = { connector_details: { code: 'RATE_LIMITED', message: 'Too many requests' } };
  it.each([
    // A status other than UNSPECIFIED is stored.
    ['PaymentService/Authorize', { status: 'FAILURE', status_code: 429, error }],
    // Without one, 429 leaves a capture's payment as it is: authorized.
    ['PaymentService/Capture', { status: 'PAYMENT_STATUS_UNSPECIFIED', status_code: 429, error }],
    ['PaymentService/Void', { status: 'VOID_FAILED', status_code: 429, error }],
    ['PaymentService/Get', { status: 'PAYMENT_STATUS_UNSPECIFIED', status_code: 429, error }],
    // With 500 to 511 it would stay pending for ever.
    ['PaymentService/Refund', { status: 'REFUND_FAILURE', status_code: 429, error }],
    ['RefundService/Get', { status: 'REFUND_STATUS_UNSPECIFIED', status_code: 429 }],
  ])('%s says to Hyperswitch', async (name, told) => {
    bridge.script = fails('RATE_LIMITED');
    const answer = await client.call(name, {});
    expect({ status: unspecifiedOf(name), ...answer }).toMatchObject(told);
    // Beside an error, Hyperswitch takes a refund that was asked about for failed.
    if (!('error' in told)) expect(answer).not.toHaveProperty('error');
  });

  /** What a field that is not on the wire means. */
  function unspecifiedOf(name: string): string {
    return name.startsWith('Refund') ? 'REFUND_STATUS_UNSPECIFIED' : 'PAYMENT_STATUS_UNSPECIFIED';
  }
});

describe('webhooks in doubt', () => {
  it.each([
    'NATS_TIMEOUT',
    'NO_WORKERS_AVAILABLE',
    'NATS_UNREACHABLE',
    'OVERLOADED',
    'RATE_LIMITED',
  ] as const)(
    'after %s, ParseEvent is UNAVAILABLE: Hyperswitch fails it, and the sender comes again',
    async (code) => {
      bridge.script = fails(code);
      const refusal = (await client.call('EventService/ParseEvent', {}).catch((e) => e)) as ServiceError;
      expect(refusal.code).toBe(status.UNAVAILABLE);
      expect(refusal.details).toContain(`No worker has read the webhook: ${code}`);
      expect(refusal.metadata.get('x-correlation-id')).toEqual(['correlation_1']);
      expect(warnings).toEqual([]);
    },
  );

  it('ParseEvent of what a worker does not support is OK without an event type: 200, and nobody comes again', async () => {
    bridge.script = replies({
      status: 'failure',
      error: { code: 'webhook_unreadable', message: 'No event' },
    });
    expect(await client.call('EventService/ParseEvent', {})).toEqual({});
  });

  it('HandleEvent has neither content nor verification: Hyperswitch fails it, and the sender comes again', async () => {
    bridge.script = fails('NATS_TIMEOUT');
    const answer = await client.call('EventService/HandleEvent', { merchant_event_id: 'ev_1' });
    expect(answer.merchant_event_id).toBe('ev_1');
    expect(answer).not.toHaveProperty('event_content');
    expect(answer.source_verified ?? false).toBe(false);
  });

  it("the worker's answer comes from its response fields", async () => {
    bridge.script = replies({
      response: {
        event_type: 'PAYMENT_INTENT_SUCCESS',
        reference: { payment: { connector_transaction_id: 'ch_1' } },
      },
    });
    expect(await client.call('EventService/ParseEvent', {})).toMatchObject({
      event_type: 'PAYMENT_INTENT_SUCCESS',
      reference: { payment: { connector_transaction_id: 'ch_1' } },
    });
  });
});

describe('a reply that cannot be sent whole never costs the answer', () => {
  it('wrong `response` fields are left out, and the operator is told which', async () => {
    bridge.script = replies({ response: { status_code: 'two hundred' }, network_transaction_id: 'n_1' });
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'ch_1',
      network_transaction_id: 'n_1',
    });
    expect(warnings).toEqual([
      expect.stringMatching(/status_code: must be .*answered without the worker's `response` fields/),
    ]);
  });

  it('a wrong redirection is left out', async () => {
    bridge.script = replies({ redirection: { nowhere: 1 } });
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      connector_transaction_id: 'ch_1',
    });
    expect(warnings).toHaveLength(1);
  });

  it('a raw response larger than Hyperswitch takes is left out', async () => {
    bridge.script = replies({ raw_connector_response: 'x'.repeat(4_200_000), network_transaction_id: 'n_1' });
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'CHARGED',
      network_transaction_id: 'n_1',
    });
    expect(warnings).toEqual([expect.stringContaining('answered without raw_connector_response')]);
  });

  it('an id larger than Hyperswitch takes leaves the payment pending', async () => {
    bridge.script = replies({ transaction_id: 'x'.repeat(4_200_000) });
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'PENDING',
      connector_transaction_id: 'bridge:authorize:att_1',
    });
    expect(warnings).toEqual([expect.stringContaining('answered as unknown')]);
  });
});

describe('deadlines and cancellation', () => {
  it('without a deadline, the connector keeps its own', async () => {
    await client.call('PaymentService/Authorize', AUTHORIZE);
    expect(bridge.executed[0]?.options.deadlineAt).toBeUndefined();
  });

  it('the connector is told to stop waiting 50 ms before the caller does', async () => {
    const deadline = Date.now() + 5_000;
    await client.call('PaymentService/Authorize', AUTHORIZE, { deadline });
    const early = deadline - (bridge.executed[0]?.options.deadlineAt ?? 0);
    expect(early).toBeGreaterThan(0);
    expect(early).toBeLessThan(200); // the deadline travels as a duration
  });

  // The door keeps 50 ms for its answer; a machine that stalls for longer may try again.
  it('a caller with a deadline hears PENDING, not DEADLINE_EXCEEDED', { retry: 3 }, async () => {
    bridge.script = async (call) => {
      await delay((call.options.deadlineAt ?? 0) - Date.now());
      return fails('NATS_TIMEOUT')(call);
    };
    const answer = await client.call('PaymentService/Authorize', AUTHORIZE, { deadline: Date.now() + 500 });
    expect(answer.status).toBe('PENDING');
  });

  it('a caller that cancels aborts the signal, and its place is free again', async () => {
    const calls = 2 * MAX_IN_FLIGHT;
    for (let i = 0; i < calls; i++) {
      const caller = new AbortController();
      const reached = waitingForAbort();
      const call = client.call('PaymentService/Authorize', AUTHORIZE, { signal: caller.signal });
      const refusal = refusalOf(call);
      const { aborted } = await reached;
      caller.abort();
      expect((await refusal).code).toBe(status.CANCELLED);
      await aborted;
    }
    bridge.script = replies();
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({ status: 'CHARGED' });
    expect(warnings).toEqual([]);
  });

  it('the signal is aborted when the deadline passes although the connector waits on', async () => {
    const reached = waitingForAbort();
    const refusal = refusalOf(
      client.call('PaymentService/Authorize', AUTHORIZE, { deadline: Date.now() + 300 }),
    );
    const { aborted } = await reached;
    expect((await refusal).code).toBe(status.DEADLINE_EXCEEDED);
    await aborted;
  });

  /** The next call waits until its signal is aborted. */
  function waitingForAbort(): Promise<{ aborted: Promise<void> }> {
    return new Promise((resolve) => {
      bridge.script = (call) => {
        const aborted = new Promise<void>((done) =>
          call.options.signal?.addEventListener('abort', () => done()),
        );
        resolve({ aborted });
        return aborted.then(() => fails('CANCELLED')(call));
      };
    });
  }
});

describe('limits', () => {
  it('calls beyond the limit hear what the connector says of those it is not to send, and later ones are executed again', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const repeat = { ...AUTHORIZE, merchant_transaction_id: 'repeat' };
    bridge.script = async (call: Executed) => {
      const { turnedAway } = call.options;
      if (turnedAway === undefined) await released;
      else if (call.data.request.merchant_transaction_id !== 'repeat') {
        expect(turnedAway).toBe(`${MAX_IN_FLIGHT} calls are in flight already (gateway.max_in_flight)`);
        return fails('OVERLOADED')(call);
      }
      return replies()(call);
    };
    const running = Array.from({ length: MAX_IN_FLIGHT }, () =>
      client.call('PaymentService/Authorize', AUTHORIZE),
    );
    await expect.poll(() => bridge.executed.length).toBe(MAX_IN_FLIGHT);
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({
      status: 'FAILURE',
      status_code: 503,
      error: { connector_details: { code: 'OVERLOADED' } },
    });
    expect(await client.call('PaymentService/Authorize', repeat)).toMatchObject({ status: 'CHARGED' });
    release();
    await Promise.all(running);
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({ status: 'CHARGED' });
  });

  it('a message of 5 MB is refused, and the next call works', async () => {
    const refusal = await refusalOf(client.call('PaymentService/Authorize', Buffer.alloc(5_000_000)));
    expect(refusal.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await client.call('PaymentService/Authorize', AUTHORIZE)).toMatchObject({ status: 'CHARGED' });
  });

  it('metadata of 100 KB is refused, and the next call works', async () => {
    await refusalOf(
      client.call('PaymentService/Authorize', AUTHORIZE, { metadata: { 'x-filler': 'x'.repeat(100_000) } }),
    );
    expect(bridge.executed).toEqual([]);
    await expect
      .poll(() => client.call('PaymentService/Authorize', AUTHORIZE).catch(() => undefined))
      .toMatchObject({ status: 'CHARGED' });
  });
});
