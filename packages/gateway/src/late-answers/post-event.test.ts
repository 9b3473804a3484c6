import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { postEvent } from './post-event.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function receiver(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const status = (code: number) => (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(code, { location: 'http://127.0.0.1:1/' }).end();
};

describe('posting', () => {
  it.each([200, 201, 204, 299])('is taken with %i', async (code) => {
    expect(await postEvent(await receiver(status(code)), '{}', {})).toEqual({ kind: 'taken' });
  });

  it.each([301, 302, 307, 308, 400, 404, 429, 500, 503])('is not taken with %i', async (code) => {
    const url = await receiver(status(code));
    expect(await postEvent(url, '{}', {})).toEqual({ kind: 'not_taken', why: `HTTP ${code}` });
  });

  it('sends body and headers as they are', async () => {
    let got: unknown;
    const url = await receiver(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      got = { method: request.method, body, headers: request.headers };
      response.end();
    });
    await postEvent(url, '{"a":"ä"}', { 'x-nats-bridge-event': '1' });
    expect(got).toMatchObject({
      method: 'POST',
      body: '{"a":"ä"}',
      headers: {
        'x-nats-bridge-event': '1',
        'content-type': 'application/json',
        'user-agent': 'nats-bridge',
      },
    });
  });

  it('says that nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await postEvent(`http://127.0.0.1:${port}/`, '{}', {})).toEqual({
      kind: 'not_taken',
      why: 'ECONNREFUSED',
    });
  });

  it('gives up on who never answers, and when it is told to', async () => {
    const url = await receiver(() => {});
    expect(await postEvent(url, '{}', {}, { timeoutMs: 50 })).toEqual({
      kind: 'not_taken',
      why: 'no answer within 50 ms',
    });
    const closing = new AbortController();
    const posting = postEvent(url, '{}', {}, { signal: closing.signal });
    closing.abort();
    expect(await posting).toMatchObject({ kind: 'not_taken' });
  });

  it('is taken once the status says so, and reads no endless body', async () => {
    let sent = 0;
    const url = await receiver((_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384))) sent += 16_384;
      };
      response.on('drain', more);
      more();
    });
    expect(await postEvent(url, '{}', {})).toEqual({ kind: 'taken' });
    expect(sent).toBeLessThan(16_777_216);
    const slow = await receiver((_request, response) => {
      response.writeHead(200);
      response.write('and then nothing');
    });
    expect(await postEvent(slow, '{}', {}, { timeoutMs: 100 })).toEqual({ kind: 'taken' });
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!hasOpenssl)('does not take a certificate that nobody vouches for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', [...make, '-keyout', key, '-out', cert, '-days', '1', ...subject], {
      stdio: 'ignore',
    });
    const server = createTls({ key: readFileSync(key), cert: readFileSync(cert) }, status(200));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });
    const { port } = server.address() as AddressInfo;
    expect(await postEvent(`https://127.0.0.1:${port}/`, '{}', {})).toEqual({
      kind: 'not_taken',
      why: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });
});
