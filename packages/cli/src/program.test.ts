import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';
import { commandPage } from './testing/command-page.js';

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

describe('the command', () => {
  it('is in docs/cli.md as it is; npm run docs writes it anew', async () => {
    const page = join(import.meta.dirname, '../../../docs/cli.md');
    await expect(commandPage(await createProgram())).toMatchFileSnapshot(page);
  });

  it('says what each argument and option is for', async () => {
    const unsaid = all(await createProgram()).flatMap((command) =>
      [...command.registeredArguments, ...command.options]
        .filter(({ description }) => description === '')
        .map((one) => `${command.name()} ${one.name()}`),
    );
    expect(unsaid).toEqual([]);
  });

  it('says of each group what it is for', async () => {
    const unsaid = all(await createProgram()).filter(
      (command) => command.commands.length > 0 && command.description() === '',
    );
    expect(unsaid.map((command) => command.name())).toEqual([]);
  });

  it('loads one that is asked for alone, and all where none is known by the name', async () => {
    const names = (await createProgram('toString')).commands.map((command) => command.name());
    expect(names).toContain('doctor');
    for (const name of names)
      expect((await createProgram(name)).commands.map((command) => command.name())).toEqual([name]);
  });

  it('loads no bridge for a worker, nor to check a configuration', async () => {
    const bridge = expect.stringMatching(/packages\/connector\/dist\/nats-bridge\.js$/);
    expect(await loadedFor('ledger')).toContainEqual(bridge);
    for (const command of ['worker', 'config']) {
      const loaded = await loadedFor(command);
      expect(loaded).toContainEqual(expect.stringMatching(/packages\/connector\/dist\/configuration\.js$/));
      expect(loaded).not.toContainEqual(bridge);
    }
  });
});

/** What a process has loaded that shows the help of a command: V8 names every script in its coverage. */
async function loadedFor(command: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-loaded-'));
  try {
    const main = join(import.meta.dirname, '../dist/main.js');
    const env = { ...process.env, NODE_V8_COVERAGE: folder };
    await promisify(execFile)(process.execPath, [main, command, '--help'], { env });
    const [report = ''] = readdirSync(folder);
    const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as {
      result: { url: string }[];
    };
    return result.map(({ url }) => url);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
