import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Installer } from './installers.js';
import { obtainNatsServer } from './obtain-nats-server.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nats-bridge-obtain-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A program that answers `--version` as nats-server does. */
async function fakeServer(path: string, version: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  await chmod(path, 0o755);
}

function installing(version: string): Installer {
  return {
    name: 'fake',
    command: 'fake install',
    async install(workDir) {
      const path = join(workDir, 'nats-server');
      await fakeServer(path, version);
      return { path };
    },
  };
}

describe('obtainNatsServer', () => {
  it('takes the one on PATH first', async () => {
    const bin = join(folder, 'bin');
    await fakeServer(join(bin, 'nats-server'), '2.15.2');
    const found = await obtainNatsServer({ searchPath: `/nowhere:${bin}`, cacheDir: join(folder, 'a') });
    expect(found).toEqual({ path: join(bin, 'nats-server'), version: '2.15.2' });
  });

  it('installs into the cache once, and finds it there afterwards', async () => {
    const cacheDir = join(folder, 'b');
    const lines: string[] = [];
    const options = { searchPath: '', cacheDir, onProgress: (line: string) => lines.push(line) };
    const installed = await obtainNatsServer({ ...options, installers: [installing('2.15.2')] });
    expect(installed).toEqual({ path: join(cacheDir, 'nats-server'), version: '2.15.2' });
    expect(lines[0]).toBe('installing nats-server: fake install');
    expect(await obtainNatsServer({ ...options, installers: [] })).toEqual(installed);
  });

  it('lets two processes install at once and leaves nothing behind', async () => {
    const cacheDir = join(folder, 'c');
    const options = { searchPath: '', cacheDir, installers: [installing('2.15.2')] };
    const both = await Promise.all([obtainNatsServer(options), obtainNatsServer(options)]);
    expect(both.map(({ version }) => version)).toEqual(['2.15.2', '2.15.2']);
    expect(await readdir(cacheDir)).toEqual(['nats-server']);
  });

  it('says everything it tried and what to do', async () => {
    const broken: Installer = {
      name: 'broken',
      command: 'broken install',
      install: async () => ({ failure: 'no network' }),
    };
    const attempt = obtainNatsServer({ searchPath: '', cacheDir: join(folder, 'd'), installers: [broken] });
    await expect(attempt).rejects.toMatchObject({
      code: 'NATS_SERVER_NOT_FOUND',
      tried: [
        'PATH: no nats-server',
        expect.stringContaining('cache'),
        'broken (broken install): no network',
      ],
      message: expect.stringContaining('Install nats-server'),
    });
  });
});
