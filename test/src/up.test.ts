/** `nats-bridge up` where the usual ports are taken: the other commands find it, and Ctrl-C ends it cleanly. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

const MAIN = join(ROOT, 'packages/cli/dist/main.js');
const NATS_PORT = 4222;

const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-up-'));
const home = { XDG_STATE_HOME: join(folder, 'state') };

describe('up beside programs that have the usual ports', () => {
  const taken = createServer((socket) => socket.destroy());
  let up: ChildProcess;
  let ended: Promise<unknown[]>;
  let printed = '';

  beforeAll(async () => {
    // Whoever has the port already does as well.
    await new Promise((resolve) =>
      taken.once('error', resolve).listen(NATS_PORT, '127.0.0.1', () => resolve({})),
    );
    // A process group of its own, as a terminal makes one: Ctrl-C is for all that are in it.
    up = spawn(process.execPath, [MAIN, 'up', '--demo', '--data', join(folder, 'data')], {
      env: { ...process.env, ...home, GATEWAY__GRPC__PORT: '0', GATEWAY__HTTP__PORT: '0' },
      detached: true,
    });
    for (const stream of [up.stdout, up.stderr])
      stream?.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
    ended = once(up, 'exit');
    await Promise.race([ended, until('up to be ready', () => printed.includes('Ready.'))]);
    expect(printed).toContain(`port ${NATS_PORT} is taken`);
  }, 120_000);
  afterAll(async () => {
    if (up.exitCode === null) up.kill('SIGKILL');
    await ended;
    taken.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is found by other commands without options', async () => {
    const paid = await runCli(['pay'], home);
    expect([paid.code, paid.stderr]).toEqual([0, expect.stringMatching(/^… payment pay_\w+\n$/)]);
    const doctor = await runCli(['doctor', '--json'], home);
    const findings = JSON.parse(doctor.stdout) as { level: string; what: string }[];
    const others = findings.filter(({ level }) => level !== 'ok');
    expect(others.map(({ level, what }) => [level, what])).toEqual([['warning', 'protection']]);
    // The payment's id is the one that the log has.
    const [payment = 'none'] = /\bpay_[0-9a-f]{8}\b/.exec(paid.stdout) ?? [];
    await until('its line', async () =>
      (await runCli(['logs', '--payment', payment], home)).stdout.includes('authorize succeeded'),
    );
  }, 180_000);

  it('is named to a second one with the same store, which does not start', async () => {
    const { code, stderr } = await runCli(['up', '--data', join(folder, 'data')], home);
    expect(stderr).toContain(`nats-bridge up runs here already, with process id ${up.pid}`);
    expect(stderr).toContain('--data <folder>');
    expect(code).toBe(1);
  });

  it('ends with Ctrl-C, with a server that is there until the end', async () => {
    process.kill(-(up.pid ?? 0), 'SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(printed).not.toMatch(/"level":"(warn|error)"/);
  }, 60_000);
});
