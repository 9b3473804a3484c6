/** `nats-bridge auth`: what it writes, for whom, and what it refuses. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROOFS } from '@nats-bridge/access';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here.js';

describe('nats-bridge auth', () => {
  let root: string;
  let dir: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nats-bridge-auth-'));
    dir = join(root, 'nats-auth');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const auth = (...args: string[]) => runHere(['auth', ...args, '--dir', dir]);
  const filesIn = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
    );
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it.each(PROOFS)('writes with %s what only its owner may read, and says what to do next', async (proof) => {
    const made = await auth('init', '--proof', proof);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('nats-server -c') });
    expect(made.stdout).toContain('monitor_url = "http://127.0.0.1:8222"');
    expect(readFileSync(join(dir, 'nats-server.conf'), 'utf8')).toContain('\nhttp: "127.0.0.1:8222"\n');
    expect(await auth('add-worker', 'acme', '--pool', 'acme', '--merchants', 'm_1')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('[nats_bridge.pools.acme]'),
    });
    for (const file of filesIn(dir)) expect(modeOf(file), file).toBe(0o600);
    for (const folder of ['', 'keys', 'creds']) expect(modeOf(join(dir, folder)), folder).toBe(0o700);
    const shown = await auth('show', 'acme');
    expect(shown.stdout).toContain('hyperswitch.operations.m_1.*.*');
    const [principal] = JSON.parse((await auth('show', 'acme', '--json')).stdout).principals;
    expect(principal).toMatchObject({ name: 'acme', pool: 'acme', has_own_store: false });
    const secrets = filesIn(join(dir, 'creds')).map((file) => readFileSync(file, 'utf8').trim());
    for (const secret of secrets) expect(made.stdout + shown.stdout).not.toContain(secret.slice(-44));
  });

  it('replaces nothing unless it is told to', async () => {
    await auth('init');
    const before = readFileSync(join(dir, 'creds/bridge.creds'), 'utf8');
    expect(await auth('init')).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') });
    expect(readFileSync(join(dir, 'creds/bridge.creds'), 'utf8')).toBe(before);
    expect(await auth('init', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(join(dir, 'creds/bridge.creds'), 'utf8')).not.toBe(before);
  });

  it('changes no credentials but those that are rotated', async () => {
    await auth('init');
    await auth('add-worker', 'general');
    const read = (name: string) => readFileSync(join(dir, `creds/${name}.creds`), 'utf8');
    const [bridge, general] = [read('bridge'), read('general')];
    expect(await auth('rotate', 'general')).toMatchObject({ code: 0 });
    expect(read('general')).not.toBe(general);
    expect(read('bridge')).toBe(bridge);
  });

  it.each([
    [['add-worker', 'x'], 'nats-bridge auth init makes it'],
    [['rotate', 'nobody'], 'nats-bridge auth init makes it'],
  ])('says what is missing: %j', async (args, message) => {
    expect(await auth(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  });

  describe('where there is access', () => {
    let made: string;

    // Nothing changes it.
    beforeAll(async () => {
      made = mkdtempSync(join(tmpdir(), 'nats-bridge-auth-'));
      expect(await runHere(['auth', 'init', '--proof', 'nkeys', '--dir', made])).toMatchObject({ code: 0 });
    });
    afterAll(() => rmSync(made, { recursive: true, force: true }));

    it.each([
      [['add-worker', 'Upper'], 'small letters'],
      [['add-worker', '../x'], 'small letters'],
      [['add-worker', 'bridge'], 'already'],
      [['add-worker', 'x', '--merchants', 'm'], 'merchants need a pool'],
      [['add-worker', 'x', '--operations', 'authorise'], 'no operation is called authorise'],
      [['add-merchant', 'm', '--pool', 'none'], 'there is no pool none'],
      [['add-worker', 'owner'], 'the name of what nats-bridge auth issue makes'],
      [['rotate', 'nobody'], 'nobody is called nobody here'],
      [['show', 'nobody'], 'nobody is called nobody here; there are bridge, operator, auditor'],
      [['issue', 'owner'], "with nkeys a user stands in the server's configuration", 1],
    ])('refuses %j and changes nothing', async (args, message, code = 2) => {
      const before = filesIn(made).map((file) => readFileSync(file, 'utf8'));
      expect(await runHere(['auth', ...args, '--dir', made])).toMatchObject({
        code,
        stderr: expect.stringContaining(message),
      });
      expect(filesIn(made).map((file) => readFileSync(file, 'utf8'))).toEqual(before);
    });
  });
});
