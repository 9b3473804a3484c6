/** `nats-bridge keys`, and what of other files cannot be used. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('keys', () => {
  it('makes a seed that only its owner can read, prints its public part, and never overwrites one', async () => {
    const file = join(folder, 'pool.xk');
    const made = await runHere(['keys', 'new', file]);
    expect(made.stdout).toMatch(/^X[A-Z2-7]{55}\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await runHere(['keys', 'show', file])).stdout).toBe(made.stdout);
    const again = await runHere(['keys', 'new', file]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('never overwritten');
    expect((await runHere(['keys', 'show', file])).stdout).toBe(made.stdout);
  });

  it('makes a key that signs, where it is asked for', async () => {
    const file = join(folder, 'pool.nk');
    const made = await runHere(['keys', 'new', '--signing', file]);
    expect(made.stdout).toMatch(/^U[A-Z2-7]{55}\n$/);
    expect((await runHere(['keys', 'show', file])).stdout).toBe(made.stdout);
  });

  it.each(['seal', 'sign'])(
    'a worker with one half of what it needs to %s does not start',
    async (purpose) => {
      const { code, stderr } = await runHere([
        'worker',
        'sandbox',
        `--${purpose}-seed`,
        join(folder, 'pool.nk'),
      ]);
      expect(code).toBe(2);
      expect(stderr).toContain(`--${purpose}-seed and --${purpose}-bridge go together`);
    },
  );
});

describe('a file that cannot be used', () => {
  it.each([
    [['keys', 'show', '/nowhere'], '✗ /nowhere cannot be read (ENOENT): give the file of a seed\n'],
    [['keys', 'show', tmpdir()], `✗ ${tmpdir()} cannot be read (EISDIR): give the file of a seed\n`],
    [
      ['keys', 'show', import.meta.filename],
      `✗ ${import.meta.filename} holds no seed of nats-bridge keys, which begins with SX or, of one that signs, SU\n`,
    ],
    [['keys', 'new', '/nowhere/seed'], '✗ /nowhere/seed: there is no such file or folder (ENOENT)\n'],
    [['audit', 'verify', '--file', '/nowhere'], '✗ /nowhere: there is no such file or folder (ENOENT)\n'],
  ])('is named by nats-bridge %j, with what is wrong', async (args, stderr) => {
    expect(await runHere(args)).toEqual({ code: 1, stdout: '', stderr });
  });
});
