import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSession, sessionIn, writeSession } from './up-session.js';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'nats-bridge-up-'));
  vi.stubEnv('XDG_STATE_HOME', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true, force: true });
});

/** As an `up` of this process id. */
const write = (pid: number) =>
  writeSession({
    natsUrl: `nats://h:${pid}`,
    grpcUrl: 'http://h:1',
    url: 'http://h:2',
    pid,
    storeDir: `/data/${pid}`,
  });
const fileOf = (pid: number) => join(state, 'nats-bridge/up', `${pid}.json`);

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('the session of an up', () => {
  it('is there again when a second one, started later, has ended', () => {
    const [first, second] = [process.ppid, process.pid];
    write(first);
    utimesSync(fileOf(first), new Date(1_000), new Date(1_000));
    const removeSecond = write(second);
    expect(readSession()?.pid).toBe(second);
    removeSecond();
    expect(readSession()?.pid).toBe(first);
  });

  it('goes with a process that was killed, and its file', async () => {
    write(process.pid);
    const dead = await endedProcess();
    write(dead);
    expect(readSession()?.pid).toBe(process.pid);
    expect(existsSync(fileOf(dead))).toBe(false);
    expect(readdirSync(join(state, 'nats-bridge/up'))).toEqual([`${process.pid}.json`]);
  });

  it('is found by where its streams are', () => {
    const remove = write(process.pid);
    write(process.ppid);
    expect(sessionIn(`/data/${process.pid}`)?.pid).toBe(process.pid);
    expect(sessionIn('/data')).toBeUndefined();
    remove();
    expect(sessionIn(`/data/${process.pid}`)).toBeUndefined();
  });

  it('can be read by its owner alone, and is none where none runs', () => {
    expect(readSession()).toBeUndefined();
    const remove = write(process.pid);
    expect(statSync(fileOf(process.pid)).mode & 0o777).toBe(0o600);
    remove();
    expect(readSession()).toBeUndefined();
  });
});
