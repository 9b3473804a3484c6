/** A caller that sends half a message: real HTTP/2, by hand. */
import { connect, constants } from 'node:http2';
import { encodeUcs } from '@nats-bridge/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../gateway.js';
import { scriptedBridge } from '../testing/scripted-bridge.js';
import { unrulyClient } from '../testing/unruly-client.js';

let gateway: Gateway;
const bridge = scriptedBridge();

beforeAll(async () => {
  gateway = await openGateway({
    bridge,
    grpc: { port: 0 },
    http: { port: 0 },
    requestTimeoutMs: 300,
    drainMs: 500,
  });
});
afterAll(() => gateway.close());

function openCall() {
  const session = connect(gateway.grpcUrl);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/types.PaymentService/Authorize',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const status = new Promise<unknown>((resolve, reject) => {
    stream.once('error', reject);
    stream.once('response', (headers) => headers['grpc-status'] !== undefined && resolve(headers));
    stream.once('trailers', resolve);
    stream.resume();
  });
  return { session, stream, status };
}

it.each(['never says that it is all', 'says so when it was told'])(
  'whose whole message came, but who %s, has nothing executed',
  async (says) => {
    const before = bridge.executed.length;
    const request = { merchant_transaction_id: 'att_half', amount: { minor_amount: 1000, currency: 'USD' } };
    const message = Buffer.from(encodeUcs('PaymentServiceAuthorizeRequest', request));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.byteLength, 1);
    const { session, stream, status } = openCall();
    stream.write(Buffer.concat([head, message]));
    if (says === 'says so when it was told') stream.once('response', () => stream.end());
    expect(await status).toMatchObject({ 'grpc-status': '4' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    session.destroy();
    expect(bridge.executed).toHaveLength(before);
  },
);

it('is told DEADLINE_EXCEEDED, holds no place, and others are served', async () => {
  const { session, stream, status } = openCall();
  // A message of 100 bytes is announced, and two come.
  stream.write(Buffer.from([0, 0, 0, 0, 100, 1, 2]));
  expect(await status).toMatchObject({
    'grpc-status': '4',
    'grpc-message': expect.stringContaining('did%20not%20arrive'),
    'x-correlation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  session.destroy();
  const client = unrulyClient(gateway.grpcPort);
  const request = { merchant_transaction_id: 'att_1', amount: { minor_amount: 1000, currency: 'USD' } };
  expect(await client.call('PaymentService/Authorize', request)).toMatchObject({ status: 'CHARGED' });
  client.close();
  expect(bridge.executed).toHaveLength(1);
});

it('who sent his request in time may wait longer for its answer', async () => {
  const answer = bridge.script;
  bridge.script = async (call) => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    return answer(call);
  };
  const client = unrulyClient(gateway.grpcPort);
  const request = { merchant_transaction_id: 'att_2', amount: { minor_amount: 1000, currency: 'USD' } };
  expect(await client.call('PaymentService/Authorize', request)).toMatchObject({ status: 'CHARGED' });
  client.close();
  bridge.script = answer;
});
