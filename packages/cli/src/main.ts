#!/usr/bin/env node
/** The nats-bridge command. Exit codes: 0 done, 1 it did not work, 2 it was asked for wrongly; what a command means by others, it says itself. */
import { type Command, InvalidArgumentError } from 'commander';
import { endWithReader } from './end-with-reader.js';
import { fileFailure } from './file-failure.js';
import { commandNamed, createProgram } from './program.js';
import { mark } from './terminal.js';

endWithReader(process);
const [asked, ...others] = process.argv.slice(2);
const program = await createProgram(asked);
exitAsPromised(program, program.name());
// Commander's own knows one name, and is silent of those that there are not.
if (asked === 'help') commandNamed(program, others).help();

try {
  await program.parseAsync();
} catch (error) {
  const lines = fileFailure(error) ?? (error instanceof Error ? error.message : String(error));
  for (const line of lines.split('\n')) process.stderr.write(`${mark.failed(process.stderr)} ${line}\n`);
  // A command that fails has loaded it.
  const { ConfigError } = await import('@nats-bridge/connector');
  // What commander cannot see, such as two options that exclude each other, an action refuses in commander's words.
  process.exitCode = error instanceof ConfigError || error instanceof InvalidArgumentError ? 2 : 1;
}

/** A command that is added takes nothing over from its parent, so each is told. */
function exitAsPromised(command: Command, name: string): void {
  command
    .showHelpAfterError(`  ${name} --help shows what there is`)
    .configureOutput({ outputError: (text, write) => write(asOurs(text)) })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const child of command.commands) exitAsPromised(child, `${name} ${child.name()}`);
}

/** Commander's errors look like those of the commands. */
function asOurs(text: string): string {
  return text
    .replace(/^error: /, `${mark.failed(process.stderr)} `)
    .replace(
      /command-argument value ('.*') is invalid for argument '(.*)'\. /,
      "argument '<$2>' $1 is invalid: ",
    )
    .replace(' is invalid. ', ' is invalid: ')
    .replace(/\n\(Did you mean (.*)\?\)/, '; did you mean $1?');
}
