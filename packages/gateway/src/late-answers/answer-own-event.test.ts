import { status } from '@grpc/grpc-js';
import type { LateAnswers } from '@nats-bridge/connector';
import { afterEach, expect, it, vi } from 'vitest';
import { type Gateway, openGateway } from '../gateway.js';
import { replies, scriptedBridge } from '../testing/scripted-bridge.js';
import { refusalOf, type UnrulyClient, unrulyClient } from '../testing/unruly-client.js';

let gateway: Gateway;
let client: UnrulyClient;
afterEach(async () => {
  client.close();
  await gateway.close();
});

const event = {
  type: 'nats_bridge.operation.settled',
  id: 'evt_1',
  merchant_id: 'merchant_1',
  operation: 'authorize',
  idempotency_key: 'authorize:att_1',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  status: 'CHARGED',
  at: '2026-11-24T00:00:00.000Z',
};
const requestOf = (body: string, headers: Record<string, string> = { 'X-Nats-Bridge-Event': '1' }) => ({
  request_details: { headers, body: Buffer.from(body).toString('base64') },
});

async function start(find: LateAnswers['find']) {
  const bridge = scriptedBridge(replies({ response: { event_type: 'ENDPOINT_VERIFICATION' } }));
  const close = vi.fn(async () => {});
  const lateAnswers = { find, push: () => ({ close }) } as unknown as LateAnswers;
  gateway = await openGateway({
    bridge: Object.assign(bridge, { lateAnswers }),
    grpc: { port: 0 },
    http: { port: 0 },
    maxInFlight: 1,
  });
  client = unrulyClient(gateway.grpcPort);
  return { bridge, close };
}

const METHODS = ['EventService/ParseEvent', 'EventService/HandleEvent'] as const;

it('fails when its record cannot be read, so that it is posted again', async () => {
  const { bridge } = await start(async () => {
    throw new Error('no connection');
  });
  for (const method of METHODS) {
    const refusal = await refusalOf(client.call(method, requestOf(JSON.stringify(event))));
    expect(refusal.code).toBe(status.INTERNAL);
    expect(refusal.details).not.toContain('no connection');
  }
  expect(bridge.executed).toEqual([]);
});

it.each([
  ['no JSON', 'x'],
  ['another type', JSON.stringify({ ...event, type: 'x' })],
  ['no key', JSON.stringify({ ...event, idempotency_key: undefined })],
  ['a key that no subject can hold', JSON.stringify({ ...event, idempotency_key: '\ud800' })],
  ['a key beyond all measure', JSON.stringify({ ...event, idempotency_key: 'x'.repeat(256) })],
])('goes to the workers with %s', async (_what, body) => {
  const find = vi.fn(async () => undefined);
  const { bridge } = await start(find);
  for (const method of METHODS) await client.call(method, requestOf(body));
  expect(bridge.executed.map(({ operation }) => operation)).toEqual(['parse_webhook', 'handle_webhook']);
  expect(find).not.toHaveBeenCalled();
});

it('goes to the workers without its header', async () => {
  const { bridge } = await start(async () => undefined);
  await client.call('EventService/ParseEvent', requestOf(JSON.stringify(event), {}));
  await client.call('EventService/ParseEvent', {});
  expect(bridge.executed).toHaveLength(2);
});

it('is not supported where nothing is known of it, and asks no worker', async () => {
  const { bridge, close } = await start(async () => undefined);
  expect(await client.call('EventService/ParseEvent', requestOf(JSON.stringify(event)))).toEqual({});
  expect(await client.call('EventService/HandleEvent', requestOf(JSON.stringify(event)))).toEqual({});
  expect(bridge.executed).toEqual([]);
  await gateway.close();
  expect(close).toHaveBeenCalledOnce();
});

it('needs no place among the calls in flight: it is posted once, and taken as delivered', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { bridge } = await start(async () => undefined);
  bridge.script = (call) => released.then(() => replies()(call));
  const running = client.call('PaymentService/Authorize', { merchant_transaction_id: 'att_1' });
  await expect.poll(() => bridge.executed).toHaveLength(1);
  for (const method of METHODS)
    expect(await client.call(method, requestOf(JSON.stringify(event)))).toEqual({});
  expect(bridge.executed).toHaveLength(1);
  release();
  await running;
});
