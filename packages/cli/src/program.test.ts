import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';
import { commandPage } from './testing/command-page.js';

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

describe('the command', () => {
  it('is in docs/cli.md as it is; npm run docs writes it anew', async () => {
    const page = join(import.meta.dirname, '../../../docs/cli.md');
    await expect(commandPage(createProgram())).toMatchFileSnapshot(page);
  });

  it('says what each argument and option is for', () => {
    const unsaid = all(createProgram()).flatMap((command) =>
      [...command.registeredArguments, ...command.options]
        .filter(({ description }) => description === '')
        .map((one) => `${command.name()} ${one.name()}`),
    );
    expect(unsaid).toEqual([]);
  });
});
