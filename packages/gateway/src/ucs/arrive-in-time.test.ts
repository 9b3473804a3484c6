/** A caller that sends half a message: real HTTP/2, by hand. */
import { connect, constants } from 'node:http2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../gateway.js';
import { scriptedBridge } from '../testing/scripted-bridge.js';
import { unrulyClient } from '../testing/unruly-client.js';

let gateway: Gateway;
const bridge = scriptedBridge();

beforeAll(async () => {
  gateway = await startGateway({
    bridge,
    grpc: { port: 0 },
    http: { port: 0 },
    requestTimeoutMs: 300,
    drainMs: 500,
  });
});
afterAll(() => gateway.close());

it('is told DEADLINE_EXCEEDED, holds no place, and others are served', async () => {
  const session = connect(gateway.grpcUrl);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/types.PaymentService/Authorize',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  // A message of 100 bytes is announced, and two come.
  stream.write(Buffer.from([0, 0, 0, 0, 100, 1, 2]));
  const status = await new Promise<unknown>((resolve, reject) => {
    stream.once('error', reject);
    stream.once('response', (headers) => headers['grpc-status'] !== undefined && resolve(headers));
    stream.once('trailers', resolve);
    stream.resume();
  });
  expect(status).toMatchObject({
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
