/** One run of the command: from its arguments to what it ends with. */
import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { fileFailure } from './output/file-failure.js';
import { mark } from './output/terminal.js';
import { commandNamed, createProgram } from './program.js';

/** @returns the exit code where it was asked for wrongly, did not work, or was only help; others set their own */
export async function runCommand(args: readonly string[]): Promise<number | undefined> {
  const [asked, ...others] = args;
  try {
    const program = await createProgram(asked);
    speakAsOurs(program, program.name());
    // Commander's own knows one name, and is silent of those that there are not.
    if (asked === 'help') commandNamed(program, others).help();
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    // What commander cannot see, such as two options that exclude each other, an action refuses in commander's words.
    const isRefused = error instanceof InvalidArgumentError;
    // Commander has said why.
    if (error instanceof CommanderError && !isRefused) return error.exitCode === 0 ? 0 : 2;
    const lines = fileFailure(error) ?? (error instanceof Error ? error.message : String(error));
    for (const line of lines.split('\n')) process.stderr.write(`${mark.failed(process.stderr)} ${line}\n`);
    // A command that fails has loaded it.
    const { ConfigError } = await import('@nats-bridge/connector/configuration');
    return isRefused || error instanceof ConfigError ? 2 : 1;
  }
}

/** A command that is added takes nothing over from its parent, so each is told. */
function speakAsOurs(command: Command, name: string): void {
  command
    .showHelpAfterError(`  ${name} --help shows what there is`)
    .configureOutput({ outputError: (text, write) => write(asOurs(text)) })
    .exitOverride();
  for (const child of command.commands) speakAsOurs(child, `${name} ${child.name()}`);
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
