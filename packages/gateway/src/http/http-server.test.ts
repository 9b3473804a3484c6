/** The HTTP door over a real socket; the connector's health is scripted. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../gateway.js';
import { type ScriptedBridge, scriptedBridge } from '../testing/scripted-bridge.js';
import { createConsoleApp } from './console-files.js';
import { createHttpApp } from './http-app.js';

let bridge: ScriptedBridge;
let gateway: Gateway;

beforeAll(async () => {
  bridge = scriptedBridge();
  gateway = await openGateway({ bridge, grpc: { port: 0 }, http: { port: 0 } });
});

afterAll(() => gateway.close());

it('/healthz says that the process is alive, connected or not', async () => {
  for (const isConnected of [true, false]) {
    bridge.isConnected = isConnected;
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } });
  }
});

it('/healthz and /readyz answer health checks that speak HTTP/1.0 and name no host, as those of HAProxy do', async () => {
  bridge.isConnected = true;
  for (const path of ['/healthz', '/readyz'])
    expect(await rawStatus(`GET ${path} HTTP/1.0\r\n\r\n`)).toBe(200);
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
  const without = await openGateway({ bridge, grpc: { port: 0 }, http: { port: 0 }, metrics: false });
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

const STRICT = [
  /^content-security-policy: .*default-src 'none'/im,
  /^x-content-type-options: nosniff/im,
  /^x-frame-options: DENY/im,
  /^referrer-policy: no-referrer/im,
];

describe('every answer has strict headers', () => {
  it.each([
    ['health', 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 200],
    ['what is not there', 'GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n', 404],
    ['what is too large', 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n', 413],
    ['what is no HTTP', 'hello\r\n\r\n', 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s', async (_what, request, status) => {
    const head = await headOf(request);
    expect(head.split(' ')[1]).toBe(String(status));
    for (const header of STRICT) expect(head).toMatch(header);
    expect(head).not.toMatch(/^strict-transport-security/im);
  });

  it.each([
    ['/console', 302],
    ['/console/', 200],
    ['/console/letters/i7', 200],
    ['/console/runbooks/x.md', 200],
    ['/console/runbooks/y.md', 404],
    ['/console/x.js', 404],
  ])('the console: %s', async (path, status) => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-console-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    mkdirSync(join(folder, 'runbooks'));
    writeFileSync(join(folder, 'runbooks/x.md'), '# x');
    const isClosing = () => false;
    const app = createHttpApp({ bridge, isClosing, onWarning: () => {}, console: createConsoleApp(folder) });
    const answer = await app.request(path);
    expect(answer.status).toBe(status);
    const head = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\r\n');
    for (const header of STRICT) expect(head).toMatch(header);
  });

  it('and with TLS it says so', async () => {
    const isClosing = () => false;
    const secure = createHttpApp({ bridge, isClosing, onWarning: () => {}, hasTls: true });
    for (const path of ['/healthz', '/nothing'])
      expect((await secure.request(path)).headers.get('strict-transport-security')).toBe('max-age=31536000');
  });
});

describe('limits', () => {
  it('who sends half a request is cut, with a word', async () => {
    const slow = await openGateway({ bridge, grpc: { port: 0 }, http: { port: 0 }, requestTimeoutMs: 200 });
    try {
      for (const half of [
        'GET /healthz HTTP/1.1\r\nHo',
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx',
      ])
        expect(await headOf(half, slow.httpPort)).toMatch(/^HTTP\/1\.1 (408|404)/);
    } finally {
      await slow.close();
    }
  });

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

/** All that a client is sent until it is cut, or the head of the answer is there. */
function headOf(request: string, port = gateway.httpPort): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
    socket.on('data', (data) => {
      text += data.toString();
      if (!text.includes('\r\n\r\n')) return;
      resolve(text.split('\r\n\r\n')[0] ?? '');
      socket.destroy();
    });
  });
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
