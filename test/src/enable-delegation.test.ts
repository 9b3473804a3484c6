/** deploy/hyperswitch/enable.sh, against a server that answers as Hyperswitch's configuration store does. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

const SCRIPT = join(ROOT, 'deploy/hyperswitch/enable.sh');
const ADMIN_API_KEY = 'the_admin_key';
const ENABLED = { key: 'ucs_enabled', value: 'true' };

type Answer = readonly [status: number, body: string];

/** What it was asked, and which calls came with the key. */
const calls: { call: string; key: unknown; body: string }[] = [];
let close: () => Promise<void> = async () => {};
afterEach(async () => {
  calls.length = 0;
  await close();
});

/** @param answers by method and path; everything else is not found, as at the bridge's own HTTP door */
async function serve(answers: Readonly<Record<string, Answer>>): Promise<string> {
  const server = createServer(async (request, response) => {
    const call = `${request.method} ${request.url}`;
    let body = '';
    for await (const chunk of request) body += chunk;
    calls.push({ call, key: request.headers['api-key'], body });
    const [status, answer] = answers[call] ?? [404, '{"error":{"code":"NOT_FOUND"}}'];
    response.writeHead(status).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => new Promise((resolve) => server.close(() => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const HEALTHY: Record<string, Answer> = { 'GET /health': [200, 'health is good'] };
const ASK = 'GET /configs/ucs_enabled';
const UNKNOWN: Answer = [404, '{"error":{"type":"invalid_request","code":"HE_02"}}'];

function enable(env: Readonly<Record<string, string>>) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile('bash', [SCRIPT], { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  );
}

describe('enable.sh', () => {
  it('asks nobody whose address was not given', async () => {
    const { code, stderr } = await enable({ ADMIN_API_KEY });
    expect(code).not.toBe(0);
    expect(stderr).toContain('set HYPERSWITCH_URL to the address of Hyperswitch');
    expect((await enable({ HYPERSWITCH_URL: 'http://127.0.0.1:1' })).stderr).toContain('set ADMIN_API_KEY');
  });

  it('shows the key to nobody but Hyperswitch', async () => {
    const { code, stderr } = await enable({ ADMIN_API_KEY, HYPERSWITCH_URL: await serve({}) });
    expect([code, stderr]).toEqual([1, expect.stringContaining("the bridge's own HTTP port is 8080, too")]);
    expect(calls).toEqual([{ call: 'GET /health', key: undefined, body: '' }]);
  });

  it.each([
    ['makes a key that is not there', UNKNOWN, '/configs/', 'is set now'],
    ['updates a key that is', [200, '{}'] as Answer, '/configs/ucs_enabled', 'was there'],
  ])('%s', async (_, known, path, said) => {
    const url = await serve({
      ...HEALTHY,
      [ASK]: known,
      [`POST ${path}`]: [200, JSON.stringify(ENABLED)],
    });
    const { code, stdout } = await enable({ ADMIN_API_KEY, HYPERSWITCH_URL: `${url}/` });
    expect([code, stdout]).toEqual([0, expect.stringContaining(said)]);
    expect(calls.map(({ call }) => call)).toEqual(['GET /health', ASK, `POST ${path}`]);
    expect(calls.at(-1)?.key).toBe(ADMIN_API_KEY);
    expect(JSON.parse(calls.at(-1)?.body ?? '')).toEqual(ENABLED);
  });

  it.each([
    ['a wrong key', [401, '{"error":{"code":"IR_01"}}'] as Answer, 'refused ADMIN_API_KEY (HTTP 401)'],
    ['a store that fails', [500, '{"error":{"code":"HE_00"}}'] as Answer, '(HTTP 500)'],
  ])('stops at %s, and says so', async (_, answer, said) => {
    const url = await serve({ ...HEALTHY, [ASK]: answer });
    const { code, stderr } = await enable({ ADMIN_API_KEY, HYPERSWITCH_URL: url });
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
    expect(stderr).toContain(answer[1]);
    expect(calls.map(({ call }) => call)).toEqual(['GET /health', ASK]);
  });

  it('says when the key was not set', async () => {
    const url = await serve({ ...HEALTHY, [ASK]: UNKNOWN, 'POST /configs/': [500, 'out of order'] });
    const { code, stderr } = await enable({ ADMIN_API_KEY, HYPERSWITCH_URL: url });
    expect([code, stderr]).toEqual([1, '✗ Hyperswitch did not set ucs_enabled (HTTP 500): out of order\n']);
  });
});
