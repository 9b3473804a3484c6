#!/usr/bin/env node
/** The nats-bridge command. Exit codes: 0 done, 1 it did not work, 2 it was asked for wrongly; what a command means by others, it says itself. */
import { ConfigError } from '@nats-bridge/connector';
import { type Command, InvalidArgumentError } from 'commander';
import { createProgram } from './program.js';
import { mark } from './terminal.js';

const program = createProgram();
exitAsPromised(program);

try {
  await program.parseAsync();
} catch (error) {
  const lines = error instanceof Error ? error.message : String(error);
  for (const line of lines.split('\n')) process.stderr.write(`${mark.failed()} ${line}\n`);
  // What commander cannot see, such as two options that exclude each other, an action refuses in commander's words.
  process.exitCode = error instanceof ConfigError || error instanceof InvalidArgumentError ? 2 : 1;
}

/** A command that is added takes nothing over from its parent, so each is told. */
function exitAsPromised(command: Command): void {
  command
    .showHelpAfterError('(nats-bridge --help shows what there is)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const child of command.commands) exitAsPromised(child);
}
