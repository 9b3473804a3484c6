/** nats-bridge top against a bridge that runs: in a real terminal, for scripts, and where it cannot be. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { digestOf } from '@nats-bridge/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { authorizeRequest, type Stack, startStack } from './stack-under-test.js';
import { openTerminal, type Terminal } from './terminal.js';
import { until } from './until.js';
import { ROOT, startWorkerProcess } from './worker-process.js';

const MAIN = join(ROOT, 'packages/cli/dist/main.js');
const TOKEN = 'top-test';
const DECLINED = '4000000000009995';

let stack: Stack;
let folder: string;
let env: Record<string, string>;
const terminals: Terminal[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-top-'));
  stack = await startStack({
    config: { rate_limits: { each_merchant: { requests_per_second: 50 } } },
    admin: { tokens: [{ name: 'jo', role: 'viewer', sha256: digestOf(TOKEN) }] },
  });
  env = { XDG_STATE_HOME: folder, NATS_BRIDGE_ADMIN_URL: stack.httpUrl, NATS_BRIDGE_ADMIN_TOKEN: TOKEN };
  await authorize('att_1');
  await authorize('att_2', DECLINED);
});
afterAll(async () => {
  for (const terminal of terminals) terminal.kill();
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

const authorize = (attempt: string, card?: string) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, {}, card), attempt);
const top = (...args: string[]) => runCli(['top', ...args], env);

/** Its calls count once their second is over. */
const topUntil = (what: string, isThere: (text: string) => boolean, ...args: string[]) =>
  until(what, async () => {
    const { stdout } = await top('--once', ...args);
    return isThere(stdout) ? stdout : undefined;
  });

/** The newest whole frame, as it stands on the screen. */
function frameIn(terminal: Terminal): string {
  const frames = terminal.written().split('\u001b[H');
  return frames.findLast((frame) => frame.includes('q quits')) ?? '';
}

describe('once', () => {
  it('shows how payments flow, without a single escape sequence', async () => {
    const text = await topUntil('the calls', (shown) => /^authorize .* 2 +1 +1 /m.test(shown));
    expect(text).toBe(stripVTControlCharacters(text));
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    for (const part of [
      /^Payments flow: .* in 60 s +127\.0\.0\.1:\d+ {2}\d\d:\d\d:\d\d$/m,
      /^throughput +[\d.]+\/s {2}p50 [\d.]+ m?s /m,
      /^broker +connected 127\.0\.0\.1:\d+ {2}rtt [\d.]+ ms {2}survives process$/m,
      /^workers +sandbox +[\da-f]{8} .* 0\/64 /m,
      /^streams +PAYMENTS +\d msgs? /m,
      /^ +empty: LATE_ANSWERS, DELIVERY_NOTICES, /m,
      /^limits +each_merchant \d+ %$/m,
      /^letters +0 dead letters +0 interventions$/m,
      /^alerts +none$/m,
    ])
      expect(text).toMatch(part);
  });

  it('as JSON is one object with all of it', async () => {
    const { code, stdout } = await top('--once', '--json');
    expect(code).toBe(0);
    const { overview, workers, streams, breakers, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ url: stack.httpUrl });
    expect(overview).toMatchObject({ window_s: 60, path: { broker: { connected: true } }, alerts: [] });
    expect(workers.items).toHaveLength(1);
    expect(breakers.rate_limits).toMatchObject([{ rule: 'each_merchant', turned_away: 0 }]);
    expect(streams.items.map(({ name }: { name: string }) => name)).toContain('PAYMENTS');
  });
});

describe('live', () => {
  it('as JSON is a line each second, and ends with who reads it', async () => {
    const child = spawn('sh', ['-c', `"${process.execPath}" "${MAIN}" top --json | head -n 3`], {
      env: { ...process.env, ...env },
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    await new Promise((resolve) => child.once('close', resolve));
    const times = printed
      .trim()
      .split('\n')
      .map((line) => Date.parse(JSON.parse(line).overview.at));
    expect(times).toHaveLength(3);
    expect(times).toEqual(times.toSorted());
  });

  it('is drawn in place on a terminal of 80 by 24, follows what happens, and gives the terminal back', async () => {
    const terminal = openTerminal(
      [process.execPath, MAIN, 'top'],
      { ...env, NO_COLOR: undefined },
      { rows: 24, columns: 80 },
    );
    terminals.push(terminal);
    const frame = () => frameIn(terminal);
    const shown = (what: string, part: RegExp) =>
      until(what, () => (part.test(stripVTControlCharacters(frame())) ? frame() : undefined));
    const first = await shown('a frame', /^q quits/m);
    expect(first).toContain('\u001b[32m');
    await stack.call('PaymentService/Get', { merchant_transaction_id: 'att_1' }, 'att_1');
    const later = stripVTControlCharacters(await shown('a call of another operation', /^sync .* 1 /m)).split(
      /\r+\n/,
    );
    expect(later).toHaveLength(24);
    expect(later.filter((line) => line.length > 80)).toEqual([]);
    await stack.stopSandbox();
    await shown('the worker to be missed', /^No worker is there: calls fail at once/);
    terminal.press('q');
    expect(await terminal.ended).toBe(0);
    const [before] = terminal.written().split('\u001b[H');
    expect(before).toBe('\u001b[?1049h\u001b[?25l');
    expect(terminal.written().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  it('says that the gateway does not answer, keeps what it saw, and follows when it does again', async () => {
    const config = join(folder, 'nats-bridge.toml');
    writeFileSync(
      config,
      `[gateway]\ngrpc.port = 0\nhttp.port = 0\n[[gateway.admin.tokens]]\nname = "jo"\nrole = "viewer"\nsha256 = "${digestOf(TOKEN)}"\n`,
    );
    const gateway = await startWorkerProcess(
      [process.execPath, MAIN, 'serve', '--config', config],
      { NATS_BRIDGE__BASE_URL: stack.server.url, NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1' },
      'NATS    ',
    );
    const [, url = ''] = /(http:\S+) for health/.exec(gateway.printed()) ?? [];
    const terminal = openTerminal(
      [process.execPath, MAIN, 'top', '--url', url],
      { ...env, NO_COLOR: '1' },
      { rows: 24, columns: 80 },
    );
    terminals.push(terminal);
    const shown = (what: string, part: RegExp) =>
      until(what, () => (part.test(frameIn(terminal)) ? true : undefined));
    await shown('a frame', /q quits/);
    gateway.signal('SIGSTOP');
    await shown(
      'the loss',
      /does not answer since \d\d:\d\d:\d\d[\s\S]*figures of before[\s\S]*broker +connected/,
    );
    gateway.signal('SIGCONT');
    await shown('it is back', /^.{0,4}(All is quiet|No worker is there)/);
    await gateway.stop();
    await shown('the end', /figures of before: nobody answers at/);
    expect(terminal.written()).not.toContain('\u001b[32m');
    terminal.press('\u0003');
    expect(await terminal.ended).toBe(0);
  });
});

describe('where it cannot be', () => {
  it('says that a token is wrong, or missing', async () => {
    const wrong = await runCli(['top', '--token', 'guess'], env);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      `✗ the gateway at ${stack.httpUrl} does not know this token: give one of gateway.admin in --token or NATS_BRIDGE_ADMIN_TOKEN\n`,
    ]);
    const none = await runCli(['top'], { ...env, NATS_BRIDGE_ADMIN_TOKEN: '' });
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('wants a token')]);
  });

  it('says that nobody answers, that there is no admin API, and that it is no gateway', async () => {
    const without = await startStack({ sandbox: false, runningServer: stack.server });
    const closed = await top('--url', without.httpUrl);
    await without.close();
    expect([closed.code, closed.stderr]).toEqual([
      1,
      expect.stringContaining('name somebody in [gateway.admin]'),
    ]);
    const other = createServer((_, response) => response.writeHead(502).end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const foreign = await top('--url', `http://127.0.0.1:${port}`);
    await new Promise((resolve) => other.close(resolve));
    const away = await top('--url', `http://127.0.0.1:${port}`);
    expect([away.code, away.stderr]).toEqual([
      1,
      `✗ nobody answers at http://127.0.0.1:${port} (ECONNREFUSED): is the gateway running, and is --url its HTTP door?\n`,
    ]);
    expect([foreign.code, foreign.stderr]).toEqual([
      1,
      expect.stringContaining('answered 502, and not as a gateway'),
    ]);
  });
});

describe('beside nats-bridge up', () => {
  it('needs no address and no token, which its owner alone can read, and which are gone with it', async () => {
    const home = { XDG_STATE_HOME: join(folder, 'state'), NATS_BRIDGE__BASE_URL: stack.server.url };
    const ports = {
      GATEWAY__GRPC__PORT: '0',
      GATEWAY__HTTP__PORT: '0',
      NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
    };
    const running = await startWorkerProcess(
      [process.execPath, MAIN, 'up', '--no-sandbox'],
      { ...home, ...ports },
      'Ready.',
    );
    const file = join(home.XDG_STATE_HOME, `nats-bridge/up/${running.pid}.json`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { url, token } = JSON.parse(readFileSync(file, 'utf8'));
    expect(running.printed()).toContain(`${url}/console/#token=${token}`);
    const { code, stdout } = await runCli(['top', '--once'], home);
    expect(code).toBe(0);
    expect(stdout).toContain(new URL(url).host);
    // Another gateway is not shown the token.
    const elsewhere = await runCli(['top', '--once', '--url', stack.httpUrl], home);
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('wants a token')]);
    expect(await running.terminate()).toBe(0);
    expect(() => statSync(file)).toThrow('ENOENT');
  });
});
