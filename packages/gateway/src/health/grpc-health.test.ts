/** grpc.health.v1 as a prober sees it; the connector's health is scripted. */
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../gateway.js';
import { type ScriptedBridge, scriptedBridge } from '../testing/scripted-bridge.js';
import { refusalOf } from '../testing/unruly-client.js';

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

let bridge: ScriptedBridge;
let gateway: Gateway;
let client: Client;

beforeEach(async () => {
  bridge = scriptedBridge();
  gateway = await openGateway({ bridge, grpc: { port: 0 }, http: { port: 0 }, healthWatchMs: 10 });
  client = new Client(`127.0.0.1:${gateway.grpcPort}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
});

afterEach(async () => {
  client.close();
  await gateway.close();
});

it.each(['', 'types.PaymentService'])('Check of "%s" follows the connection to NATS', async (service) => {
  expect(await check(service)).toBe(SERVING);
  bridge.isConnected = false;
  expect(await check(service)).toBe(NOT_SERVING);
  bridge.isConnected = true;
  expect(await check(service)).toBe(SERVING);
});

it('Check of a service that does not exist is NOT_FOUND', async () => {
  expect(await refusalOf(check('types.Nothing'))).toEqual({
    code: status.NOT_FOUND,
    details: 'there is no service "types.Nothing"',
  });
});

it('a health that cannot be read is NOT_SERVING', async () => {
  bridge.health = () => Promise.reject(new Error('no'));
  expect(await check('')).toBe(NOT_SERVING);
});

it('Watch tells the status at once, then each change, and that the gateway closes', async () => {
  const seen = watch('');
  await expect.poll(() => seen.statuses).toEqual([SERVING]);
  bridge.isConnected = false;
  await expect.poll(() => seen.statuses).toEqual([SERVING, NOT_SERVING]);
  bridge.isConnected = true;
  await expect.poll(() => seen.statuses).toEqual([SERVING, NOT_SERVING, SERVING]);
  await gateway.close();
  await seen.ended;
  expect(seen.statuses.at(-1)).toBe(NOT_SERVING);
});

it('Watch of a service that does not exist is SERVICE_UNKNOWN and stays open', async () => {
  const seen = watch('types.Nothing');
  await expect.poll(() => seen.statuses).toEqual([SERVICE_UNKNOWN]);
});

function requestFor(service: string): Buffer {
  return Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
}

function check(service: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      requestFor,
      (bytes: Buffer) => bytes[1],
      service,
      (error, value) => (error ? reject(error) : resolve(value)),
    );
  });
}

function watch(service: string) {
  const statuses: (number | undefined)[] = [];
  const stream = client.makeServerStreamRequest(
    '/grpc.health.v1.Health/Watch',
    requestFor,
    (bytes: Buffer) => bytes[1],
    service,
  );
  stream.on('data', (value: number) => statuses.push(value));
  const ended = new Promise<void>((resolve) => {
    stream.on('end', () => resolve());
    stream.on('error', () => resolve());
  });
  return { statuses, ended };
}
