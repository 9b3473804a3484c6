/** What a caller reads of an answer, by HTTP/2 itself. */
import { connect, constants } from 'node:http2';
import { encodeUcs } from '@nats-bridge/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../gateway.js';
import { replies, scriptedBridge } from '../testing/scripted-bridge.js';
import { METADATA } from '../testing/unruly-client.js';

/** Several times what HTTP/2 lets a server send before its reader wants more. */
const LARGE = 'x'.repeat(400_000);

let gateway: Gateway;
const bridge = scriptedBridge();

beforeAll(async () => {
  gateway = await openGateway({ bridge, grpc: { port: 0 }, http: { port: 0 }, drainMs: 500 });
});
afterAll(() => gateway.close());

function authorize() {
  const session = connect(gateway.grpcUrl);
  const stream = session.request({
    ...METADATA,
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/types.PaymentService/Authorize',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const request = { merchant_transaction_id: 'att_1', amount: { minor_amount: 1000, currency: 'USD' } };
  const message = Buffer.from(encodeUcs('PaymentServiceAuthorizeRequest', request));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  stream.end(Buffer.concat([head, message]));
  return { session, stream };
}

it('is whole and has its status, however slowly it is read', async () => {
  bridge.script = replies({ raw_connector_response: LARGE });
  const { session, stream } = authorize();
  let bytes = 0;
  const trailers = new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.once('error', reject);
    stream.once('trailers', resolve);
  });
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    stream.pause();
    setTimeout(() => stream.resume(), 5);
  });
  expect(await trailers).toMatchObject({ 'grpc-status': '0' });
  await new Promise((resolve) => stream.once('end', resolve));
  session.destroy();
  expect(bytes).toBeGreaterThan(LARGE.length);
});

it('whose reader goes away in the middle of it troubles nobody else', async () => {
  bridge.script = replies({ raw_connector_response: LARGE });
  const gone = authorize();
  await new Promise((resolve) => gone.stream.once('data', resolve));
  gone.session.destroy();
  bridge.script = replies();
  const { session, stream } = authorize();
  const status = new Promise<unknown>((resolve) => stream.once('trailers', resolve));
  stream.resume();
  expect(await status).toMatchObject({ 'grpc-status': '0' });
  session.destroy();
});
