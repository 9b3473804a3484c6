/** The HTTP door over a real socket; the connector's health is scripted. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../gateway.js';
import { type ScriptedBridge, scriptedBridge } from '../testing/scripted-bridge.js';

let bridge: ScriptedBridge;
let gateway: Gateway;

beforeAll(async () => {
  bridge = scriptedBridge();
  gateway = await startGateway({ bridge, grpc: { port: 0 }, http: { port: 0 } });
});

afterAll(() => gateway.close());

it('/healthz says that the process is alive, connected or not', async () => {
  for (const isConnected of [true, false]) {
    bridge.isConnected = isConnected;
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } });
  }
});

it('/readyz follows the connection to NATS and says why', async () => {
  bridge.isConnected = true;
  expect(await get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready', detail: 'connected' } });
  bridge.isConnected = false;
  expect(await get('/readyz')).toMatchObject({
    status: 503,
    body: { status: 'not_ready', detail: 'no connection to NATS' },
  });
  bridge.isConnected = true;
  expect((await get('/readyz')).status).toBe(200);
});

it('a health that cannot be read is not ready', async () => {
  const { health } = bridge;
  bridge.health = () => Promise.reject(new Error('nats://user:password@host'));
  const answer = await get('/readyz');
  bridge.health = health;
  expect(answer.status).toBe(503);
  expect(JSON.stringify(answer.body)).not.toContain('password');
});

it.each(['/', '/healthz/..%2f', '/admin'])('%s is 404 in JSON', async (path) => {
  expect(await get(path)).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
});

it('/metrics shows calls and the process to Prometheus, also without a connector that can be watched', async () => {
  const response = await fetch(`${gateway.httpUrl}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  expect(text).toContain('nats_bridge_broker_up 0');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});

it('/metrics is not there where it is switched off', async () => {
  const without = await startGateway({ bridge, grpc: { port: 0 }, http: { port: 0 }, metrics: false });
  const { status } = await fetch(`${without.httpUrl}/metrics`);
  await without.close();
  expect(status).toBe(404);
});

it('answers are not sniffed, framed, cached or allowed to load anything', async () => {
  for (const path of ['/healthz', '/nothing']) {
    const { headers } = await get(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  }
});

describe('limits', () => {
  it('a body that is too large is 413', async () => {
    const response = await fetch(`${gateway.httpUrl}/healthz`, { method: 'POST', body: 'x'.repeat(70_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  it('a body in chunks, whose size nobody knows, is 411', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    expect(await rawStatus(`${head}5\r\nhello\r\n0\r\n\r\n`)).toBe(411);
  });

  it('headers that are too large are 431, and the next request works', async () => {
    expect(
      await rawStatus(`GET /healthz HTTP/1.1\r\nHost: a\r\nX-Filler: ${'x'.repeat(20_000)}\r\n\r\n`),
    ).toBe(431);
    expect((await get('/healthz')).status).toBe(200);
  });
});

async function get(path: string) {
  const response = await fetch(gateway.httpUrl + path);
  return { status: response.status, headers: response.headers, body: (await response.json()) as object };
}

/** The status of what a client gets that does not go through fetch. */
function rawStatus(request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.httpPort, '127.0.0.1', () => socket.write(request));
    socket.once('error', reject);
    socket.once('data', (data) => {
      resolve(Number(data.toString().split(' ')[1]));
      socket.destroy();
    });
  });
}
