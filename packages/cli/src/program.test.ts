import { join } from 'node:path';
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
});
