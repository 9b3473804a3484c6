/** Who may back up: no role, but the owner of the keys; and how a refusal reads. Bad input of the commands, too. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from '@nats-bridge/messaging';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AccessUnderTest, startAccess } from './access-under-test.js';
import { runCli } from './cli-process.js';
import { startServer } from './stack-under-test.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
const closers: (() => unknown)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-backups-'));
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

describe('where everybody has credentials of his own', () => {
  let access: AccessUnderTest;
  let made: string;
  const as = (user: string, password: string, ...args: string[]) =>
    runCli(args, {
      NATS_BRIDGE__BASE_URL: access.url,
      NATS_BRIDGE__AUTH__USER: user,
      NATS_BRIDGE__AUTH__PASSWORD: password,
    });
  const asBridge = (...args: string[]) =>
    as('bridge', readFileSync(join(access.dir, 'creds', 'bridge.password'), 'utf8').trim(), ...args);
  const asOwner = (...args: string[]) => as('owner', 'own', ...args);

  beforeAll(async () => {
    access = await startAccess('passwords', []);
    closers.push(() => access.close());
    const applied = await asBridge('topology', 'apply');
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  });

  it("refuses the bridge's, says who may, and leaves no files", async () => {
    const { code, stderr } = await asBridge('backup', 'create', join(folder, 'refused'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /denies these credentials \$JS\.API\.STREAM\.SNAPSHOT\.AUDIT: no role saves streams, not even the bridge's\. The owner of nats-auth\/keys/,
    );
    expect(readdirSync(join(folder, 'refused'))).toEqual([]);
  });

  it("takes the owner's, as docs/access.md has him write himself in", async () => {
    const file = join(access.dir, 'auth.conf');
    const [before = '', after = ''] = readFileSync(file, 'utf8').split(
      /(?<=jetstream: enabled\n {4}users: \[\n)/,
    );
    expect(after).not.toBe('');
    writeFileSync(file, `${before}      { user: "owner", password: "own" }\n${after}`);
    await access.reload();
    const { code, stdout, stderr } = await asOwner('backup', 'create', join(folder, 'owner'), '--json');
    expect(code, stderr).toBe(0);
    made = (JSON.parse(stdout) as { path: string }).path;
  });

  it("does not restore with the bridge's, though streams are empty", async () => {
    const { code, stderr } = await asBridge('backup', 'restore', made, '--yes', '--reason', 'try');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /denies these credentials \$JS\.API\.STREAM\.\S+: no role restores streams.*Nothing was restored/,
    );
  });

  it("restores with the owner's over streams that are empty", async () => {
    const { code, stdout, stderr } = await asOwner('backup', 'restore', made, '--yes', '--reason', 'drill');
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('0 operations were open');
    expect((await asBridge('topology', 'apply')).code).toBe(0);
  });
});

describe('backup commands that cannot do what they are asked', () => {
  let url: string;
  const backup = (...args: string[]) => runCli(['backup', ...args], { NATS_BRIDGE__BASE_URL: url });

  beforeAll(async () => {
    const { server, dispose } = await startServer();
    ({ url } = server);
    closers.push(dispose);
  });

  it('create: there are no streams, so it is the wrong server perhaps', async () => {
    const target = join(folder, 'nothing');
    const { code, stderr } = await backup('create', target);
    expect(code).toBe(1);
    expect(stderr).toMatch(/there is no stream AUDIT at 127\.0\.0\.1:\d+.*is it the right server\?/);
    expect(readdirSync(target)).toEqual([]);
  });

  it('create: the folder is a file', async () => {
    const target = join(folder, 'file');
    writeFileSync(target, '');
    const { code, stderr } = await backup('create', target);
    expect(code).toBe(1);
    expect(stderr).toContain(target);
  });

  it('list, verify, restore: there is none, or it was never finished, or its manifest is broken', async () => {
    expect((await backup('list', join(folder, 'no_such'))).stderr).toMatch(
      /there is no folder .*no_such: nats-bridge backup create makes it/,
    );
    expect((await backup('verify', join(folder, 'no_such'))).stderr).toMatch(/no_such is no backup/);
    const backups = join(folder, 'some');
    const name = '2026-11-29T10-00-00.000Z';
    mkdirSync(join(backups, `${name}.unfinished`), { recursive: true });
    mkdirSync(join(backups, name));
    mkdirSync(join(backups, 'something else'));
    writeFileSync(join(backups, name, 'manifest.json'), '{"format": 2}');
    const { stdout } = await backup('list', backups);
    expect(stdout).toMatch(/\.000Z +its manifest\.json cannot be read: format/);
    expect(stdout).toMatch(/\.unfinished +it was never finished/);
    expect(stdout).not.toContain('something else');
    const restored = await backup('restore', join(backups, `${name}.unfinished`));
    expect(restored.code).toBe(1);
    expect(restored.stderr).toContain('it was never finished');
    // A manifest cannot have files read from elsewhere.
    const manifest = { ...aManifest(), streams: [{ ...aManifest().streams[0], file: '../../secret' }] };
    writeFileSync(join(backups, name, 'manifest.json'), JSON.stringify(manifest));
    expect((await backup('verify', join(backups, name))).stderr).toContain('said to be in another file');
  });

  it('restore: it is too old, of a newer server, without what is needed, and with what may not be', async () => {
    const old = join(folder, '2026-01-01T00-00-00.000Z');
    mkdirSync(old);
    const [stream] = aManifest().streams;
    const foreign = {
      ...stream,
      config: { name: 'PAYMENTS', num_replicas: 1 },
      file: 'PAYMENTS/stream.tar.s2',
    };
    const manifest = { ...aManifest(), server: { version: '99.1.2' }, streams: [foreign] };
    writeFileSync(join(old, 'manifest.json'), JSON.stringify(manifest));
    const { code, stdout } = await backup('restore', old);
    expect(code).toBe(1);
    expect(stdout).toMatch(/older than anything of a payment is kept/);
    expect(stdout).toMatch(/it has no OPERATIONS: take another backup/);
    expect(stdout).toMatch(/it holds PAYMENTS, which this version does not bring back/);
    expect(stdout).toMatch(/PAYMENTS: its file cannot be read/);
    expect(stdout).toMatch(/of nats-server 99\.1\.2, .* restore into 99\.1 or newer/);
  });

  it('keep: only whole numbers from 1', async () => {
    expect((await backup('create', folder, '--keep', '0')).code).toBe(2);
  });

  it('create --keep: the oldest go once the new one is there, and nothing else does', async () => {
    expect((await runCli(['topology', 'apply'], { NATS_BRIDGE__BASE_URL: url })).code).toBe(0);
    const backups = join(folder, 'kept');
    mkdirSync(join(backups, 'mine'), { recursive: true });
    mkdirSync(join(backups, '2026-01-01T00-00-00.000Z.unfinished'));
    const made: string[] = [];
    for (let number = 0; number < 3; number++) {
      const { stdout } = await backup('create', backups, '--keep', '2', '--json');
      made.push((JSON.parse(stdout) as { id: string }).id);
    }
    expect(readdirSync(backups).sort()).toEqual(
      ['2026-01-01T00-00-00.000Z.unfinished', 'mine', ...made.slice(1)].sort(),
    );
    expect(existsSync(join(backups, made[2] ?? '', 'manifest.json'))).toBe(true);
  });

  it('restore: a stream is refused on the way; it says which are back, and another try brings all', async () => {
    const { server, dispose } = await startServer();
    closers.push(dispose);
    const env = { NATS_BRIDGE__BASE_URL: server.url };
    const [name = ''] = readdirSync(join(folder, 'kept')).filter((one) => one.endsWith('Z'));
    const again = () =>
      runCli(['backup', 'restore', join(folder, 'kept', name), '--yes', '--reason', 'drill'], env);
    const connection = createConnection({ servers: server.url });
    closers.push(() => connection.close());
    const manager = await jetstreamManager(await connection.get());
    await manager.streams.add({ name: 'OTHERS', subjects: ['hyperswitch.late.>'] });
    const stopped = await again();
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(
      /subjects overlap.*Restored so far: AUDIT, DEAD_LETTERS; keep bridges and workers stopped/,
    );
    await manager.streams.delete('OTHERS');
    expect(await again()).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ restored') });
  });
});

function aManifest() {
  const time = '2026-01-01T00:00:00.000Z';
  const config = { name: 'PAYMENTS', num_replicas: 1 };
  return {
    format: 1,
    id: 'some',
    begunAt: time,
    endedAt: time,
    tool: 'nats-bridge 0.1.0',
    server: { version: '2.11.0' },
    isSealed: false,
    isAuditSigned: false,
    workStream: { config, lastSeq: 0 },
    streams: [
      {
        config: { ...config, name: 'OPERATIONS' },
        state: { messages: 0, first_seq: 0, last_seq: 0 },
        file: 'OPERATIONS/stream.tar.s2',
        bytes: 0,
        sha256: '0'.repeat(64),
      },
    ],
    leftOut: [],
  };
}
